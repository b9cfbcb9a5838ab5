/**
 * `pnpm conformance [word …]`: runs the contract on every runtime and in the output of every toolchain, and the
 * packages' own tests under the newest Node. Words select runs: `pnpm conformance chromium rollup` makes the runs
 * whose name has one of them.
 *
 * A runtime that is not available is skipped with a message. If `CI` is set, it is a failure.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compatibilityOf, files, renderDocument, renderFigures } from "./compatibility.js";
import { brokenRun, type Run, runOf } from "./outcomes.js";
import { installPacked } from "./packed.js";
import { MissingRuntime, runtimes } from "./runtimes.js";
import { runSuite, suite } from "./suite.js";
import { runMadeBy, toolchains } from "./toolchains.js";
import { app } from "./workspace.js";

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const inCi = Boolean(process.env["CI"]);

interface Planned {
  readonly kind: "runtime" | "toolchain" | "suite";
  readonly name: string;
  readonly version: string;
  readonly make: (project: string) => Promise<Run>;
}

const planned: readonly Planned[] = [
  ...runtimes.map(({ name, version, prepare }): Planned => ({
    kind: "runtime",
    name,
    version,
    async make(project) {
      const tried = await (await prepare())(project);
      return runOf(name, tried.version, tried.outcomes);
    },
  })),
  ...toolchains.map((toolchain): Planned => ({
    kind: "toolchain",
    name: toolchain.name,
    version: toolchain.version,
    make: async (project) => runOf(toolchain.name, toolchain.version, await runMadeBy(toolchain, project)),
  })),
  { kind: "suite", ...suite, make: runSuite },
];

const chosen = planned.filter(
  ({ name, kind }) => words.length === 0 || words.some((word) => `${kind} ${name}`.toLowerCase().includes(word)),
);
if (chosen.length === 0) {
  console.error(
    `There are no runs named ${words.join(" or ")}: choose from\n${planned.map(({ name }) => name).join("\n")}`,
  );
  process.exit(2);
}

using project = await installPacked();
const made: { readonly kind: Planned["kind"]; readonly run: Run }[] = [];
for (const { kind, name, version, make } of chosen) {
  let run: Run;
  try {
    run = await make(project.folder);
  } catch (error) {
    run = brokenRun(name, version, error instanceof MissingRuntime && !inCi ? "skipped" : "failed", error);
  }
  made.push({ kind, run });
  console.log(describe(run));
  for (const problem of run.problems) console.log(`  ${problem.replaceAll("\n", "\n  ")}`);
}

const runs = made.map(({ run }) => run);
const reports = join(app, "reports");
mkdirSync(reports, { recursive: true });
writeFileSync(join(reports, "conformance.json"), JSON.stringify({ runs }, undefined, 2));

const tried = made.filter(({ kind }) => kind !== "suite").map(({ run }) => run);
const isWhole = tried.length === runtimes.length + toolchains.length;
if (isWhole && !inCi && tried.every(({ failed, skipped }) => failed === 0 && skipped === 0)) {
  const of = (wanted: Planned["kind"]): Run[] => made.filter(({ kind }) => kind === wanted).map(({ run }) => run);
  const compatibility = compatibilityOf(of("runtime"), of("toolchain"));
  writeFileSync(files.figures, await renderFigures(compatibility));
  writeFileSync(files.document, await renderDocument(compatibility));
}

console.log(`\n${runs.map(describe).join("\n")}`);
const failed = runs.reduce((sum, run) => sum + run.failed, 0);
if (failed > 0) process.exitCode = 1;

function describe({ name, version, passed, failed, skipped }: Run): string {
  const counts = `${String(passed).padStart(5)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  return `${`${name} (${version})`.padEnd(52)}${counts}`;
}
