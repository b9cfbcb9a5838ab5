/**
 * Prints "N passed, N failed" for the last `pnpm test` and, if they ran, `pnpm conformance`, `pnpm docs:test` and
 * other commands. The arguments are their exit codes in this order, those of the others with a name: "model=0". Exits with 1 if anything failed.
 *
 * Counts each test that vitest reported, each check of the contract on each runtime, and each other check or command
 * as one. A command without its report, or that failed without naming a failure, counts as one failed. Failures are
 * named before the total.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [exitCode, conformanceExitCode, siteExitCode] = process.argv.slice(2, 5).map(Number);
const others = process.argv.slice(5).map((argument) => argument.split("="));

let passed = 0;
let failed = 0;
const failures = [];

for (const { taskId, command, directory, execution } of lastRun()) {
  if (command === "<NONEXISTENT>") continue; // it only orders other tasks
  const succeeded = execution?.exitCode === 0;
  if (command.startsWith("vitest ")) {
    countTests(join(directory, "reports/test.json"), succeeded, taskId);
  } else {
    count(succeeded, taskId);
  }
}
if (failed === 0 && (exitCode !== 0 || passed === 0)) count(false, "pnpm test");

if (conformanceExitCode !== undefined) {
  const runs = readJson("apps/conformance/reports/conformance.json")?.runs ?? [];
  const sum = (status) => runs.reduce((total, run) => total + run[status], 0);
  passed += sum("passed");
  failed += sum("failed");
  failures.push(...runs.filter((run) => run.failed > 0).map((run) => `conformance: ${run.name}`));
  if (sum("failed") === 0 && (conformanceExitCode !== 0 || sum("passed") === 0)) count(false, "conformance");
}

if (siteExitCode !== undefined) countTests("apps/docs/reports/site.json", siteExitCode === 0, "site");

for (const [name, code] of others) count(code === "0", name);

for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function count(succeeded, name) {
  if (succeeded) {
    passed += 1;
  } else {
    failed += 1;
    failures.push(name);
  }
}

/** Adds the results that vitest reported. */
function countTests(file, succeeded, name) {
  const report = readJson(file);
  passed += report?.numPassedTests ?? 0;
  failed += report?.numFailedTests ?? 0;
  for (const { assertionResults } of report?.testResults ?? []) {
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status === "failed") failures.push(`${name}: ${fullName}\n  ${String(failureMessages[0]).split("\n")[0]}`);
    }
  }
  if (!report?.numFailedTests && (!succeeded || !report?.numPassedTests)) count(false, name);
}

/** The tasks of turbo's last run, from its summary. */
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
