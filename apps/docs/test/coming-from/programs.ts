/** The programs that the pages show: where they are, and what they print when run as a reader would. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const pagesFolder: string = fileURLToPath(new URL("../../coming-from/", import.meta.url));
export const programsFolder: string = join(pagesFolder, "programs");
const docsFolder = dirname(dirname(programsFolder));

/** The programs of a language (or what they print), by their names: `promises/all.there.ts`. */
export function programs(ending: ".ts" | ".py" | ".txt"): string[] {
  const names = readdirSync(programsFolder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(ending)).sort();
}

/** The file that says what a program prints. */
export function outputFile(program: string): string {
  return join(programsFolder, program.replace(/\.\w+$/, ".txt"));
}

/** Makes modules that plain Node can run of TypeScript programs; returns their folder. */
export async function bundle(names: readonly string[]): Promise<string> {
  const outdir = join(docsFolder, "node_modules/.cache/coming-from");
  await build({
    entryPoints: names.map((name) => join(programsFolder, name)),
    outdir,
    outbase: programsFolder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["@selvage/source"], // as everywhere in the tests: no build is needed
  });
  return outdir;
}

/** Runs a bundled program in a process of its own; returns what it prints, and its exit code where that is not 0. */
export function run(folder: string, name: string): Promise<string> {
  // Nothing of the test runner's environment: it would be missing at the reader's.
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
