/**
 * Prints "N passed, N failed" for the last `pnpm test` and, if there were, `pnpm conformance`, `pnpm docs:test` and other commands, whose
 * exit codes it is given in this order; exits with 1 if anything failed.
 *
 * Counts each test that vitest reported, each check of the contract on each runtime, and each other check or command as one. What should have
 * reported and did not, or ended badly without naming a failure, counts as one failed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [exitCode, conformanceExitCode, siteExitCode, ...otherExitCodes] = process.argv.slice(2).map(Number);

let passed = 0;
let failed = 0;

for (const { command, directory, execution } of lastRun()) {
  if (command === "<NONEXISTENT>") continue; // it orders other tasks and runs nothing
  const succeeded = execution?.exitCode === 0;
  if (command.startsWith("vitest ")) {
    countTests(join(directory, "reports/test.json"), succeeded);
  } else {
    passed += Number(succeeded);
    failed += Number(!succeeded);
  }
}
if (failed === 0 && (exitCode !== 0 || passed === 0)) failed = 1;

if (conformanceExitCode !== undefined) {
  const runs = readJson("apps/conformance/reports/conformance.json")?.runs ?? [];
  const sum = (status) => runs.reduce((total, run) => total + run[status], 0);
  passed += sum("passed");
  failed += sum("failed") || Number(conformanceExitCode !== 0 || sum("passed") === 0);
}

if (siteExitCode !== undefined) countTests("apps/docs/reports/site.json", siteExitCode === 0);

passed += otherExitCodes.filter((code) => code === 0).length;
failed += otherExitCodes.filter((code) => code !== 0).length;

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Adds what vitest reported. */
function countTests(file, succeeded) {
  const report = readJson(file);
  passed += report?.numPassedTests ?? 0;
  failed += report?.numFailedTests || Number(!succeeded || !report?.numPassedTests);
}

/** The tasks of turbo's last run, as it summarised them. */
function lastRun() {
  const folder = ".turbo/runs";
  try {
    const runs = readdirSync(folder).map((name) => readJson(join(folder, name)));
    return runs.sort((one, other) => one.execution.startTime - other.execution.startTime).at(-1).tasks;
  } catch {
    return [];
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
