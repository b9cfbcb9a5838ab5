/**
 * Prints "N passed, N failed" for the last `pnpm test`, whose exit code it is given; exits with 1 if anything failed.
 *
 * Counts each test that vitest reported, and each other check as one. What should have reported and did not, or ended badly
 * without naming a failure, counts as one failed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const exitCode = Number(process.argv[2]);

let passed = 0;
let failed = 0;

for (const { command, directory, execution } of lastRun()) {
  if (command === "<NONEXISTENT>") continue; // it orders other tasks and runs nothing
  const succeeded = execution?.exitCode === 0;
  if (command.startsWith("vitest ")) {
    const report = readJson(join(directory, "reports/test.json"));
    passed += report?.numPassedTests ?? 0;
    failed += report?.numFailedTests || Number(!succeeded || report === undefined);
  } else {
    passed += Number(succeeded);
    failed += Number(!succeeded);
  }
}
if (failed === 0 && (exitCode !== 0 || passed === 0)) failed = 1;

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

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
