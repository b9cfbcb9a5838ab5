import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Package } from "../programs.js";
import type { Scenario } from "../scenario.js";

export const install: Scenario = {
  id: "F",
  title: "What it costs to have",
  about:
    "*Import*: the time of the first import, in a process that has imported nothing else; the files are in the operating system's cache. *Size*: " +
    "everything that the packages export, with all that they import, bundled and minified by esbuild, and compressed by gzip. *Only*: the same for a program that " +
    "imports one name. The size of Effect is that of a program that starts, joins and stops fibers.",
  cases: [
    {
      id: "import",
      title: "import",
      unit: "ms",
      n: 1,
      program: "package",
      takesPart: ({ package: { imports } = { imports: [] } }) => imports.length > 0,
      measure: (programs) => importAll(programs.package!),
    },
    {
      id: "size",
      title: "size",
      unit: "bytes",
      n: 1,
      rounds: 1,
      program: "package",
      measure: (programs) => bundledSize(programs.package!),
    },
  ],
};

async function importAll({ imports }: Package): Promise<number> {
  const started = performance.now();
  for (const name of imports) await import(name);
  return performance.now() - started;
}

async function bundledSize({ source }: Package): Promise<number> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL("../..", import.meta.url)) },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    conditions: ["@selvage/published"],
    external: ["node:*"],
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}
