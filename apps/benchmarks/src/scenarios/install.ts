import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Package } from "../programs.js";
import type { Scenario } from "../scenario.js";

export const install: Scenario = {
  id: "F",
  title: "What it costs to have",
  about:
    "The time of the first import, in a process that has imported nothing else, the files being in the operating system's cache. The size " +
    "of everything that a package exports with all that it imports, bundled and minified by esbuild, and compressed by gzip; of Effect, of " +
    "a program that starts, joins and stops fibers.",
  cases: [
    {
      id: "import",
      title: "import",
      unit: "ms",
      n: 1,
      program: "package",
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
  goals: [
    {
      text: "scope and task-group in at most 6 kB",
      of: ["scopeAndTaskGroup"],
      cases: ["size"],
      limit: { atMost: 6_000 },
    },
    {
      text: "scope and supervisor in at most 7 kB",
      of: ["scopeAndSupervisor"],
      cases: ["size"],
      limit: { atMost: 7_000 },
    },
    { text: "all five in at most 9.5 kB", of: ["allFive"], cases: ["size"], limit: { atMost: 9_500 } },
    {
      text: "importing costs no more than Effection's",
      of: ["scopeAndTaskGroup", "scopeAndSupervisor", "scopeAndTimeout", "allFive"],
      cases: ["import"],
      limit: { times: 1, of: ["packageOfEffection"] },
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
