/** The programs of the pages: where they are, and what they print when a reader runs them. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const pagesFolder: string = fileURLToPath(new URL("../../coming-from/", import.meta.url));
export const programsFolder: string = join(pagesFolder, "programs");
const docsFolder = dirname(dirname(programsFolder));

/** The programs of a language (or their outputs), by their names: `promises/all.there.ts`. */
export function programs(ending: ".ts" | ".py" | ".txt"): string[] {
  const names = readdirSync(programsFolder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(ending)).sort();
}

/** The file with the output of a program. */
export function outputFile(program: string): string {
  return join(programsFolder, program.replace(/\.\w+$/, ".txt"));
}

/** Bundles TypeScript programs into modules that plain Node can run; returns their folder. */
export async function bundle(names: readonly string[]): Promise<string> {
  const outdir = join(docsFolder, "node_modules/.cache/coming-from");
  await build({
    entryPoints: names.map((name) => join(programsFolder, name)),
    outdir,
    outbase: programsFolder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    external: ["execa"], // a part of it requires built-in modules
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@selvage/source"], // as everywhere in the tests: no build is needed
  });
  return outdir;
}

/** Runs a bundled program in a separate process; returns its output, and its exit code if it is not 0. */
export function run(folder: string, name: string): Promise<string> {
  // Without the environment of the test runner, which a reader does not have.
  const env = { PATH: process.env["PATH"], NO_COLOR: "1" };
  const file = join(folder, name.replace(/\.ts$/, ".mjs"));
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [file], { env, timeout: 20_000, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (typeof error.code === "number") resolve(`${stdout}[exit code ${error.code}]\n`);
      else reject(new Error(`${name}: expected to end by itself\n${stdout}${stderr}`, { cause: error }));
    });
  });
}
