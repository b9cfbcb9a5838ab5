/**
 * Makes one script of a TypeScript module and everything that it imports from the packages' sources, as an application
 * would.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";

/** The script's text: an ES module that imports only Node's modules. */
export async function bundle(module: URL): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@selvage/source"] },
    build: {
      write: false,
      minify: false,
      target: "es2022",
      lib: { entry: fileURLToPath(module), formats: ["es"] },
      rolldownOptions: { external: /^node:/, output: { codeSplitting: false } },
    },
  });
  return (output as Rolldown.RolldownOutput[])[0]!.output[0].code;
}

/** The same, as a file in a separate folder; returns the file's path. */
export async function bundleToFile(module: URL): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), "selvage-testing-")), "script.mjs");
  writeFileSync(file, await bundle(module));
  return file;
}
