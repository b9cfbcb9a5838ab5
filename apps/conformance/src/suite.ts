/** Runs the packages' own tests under the newest Node; `pnpm test` runs them under the installed one. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./command.js";
import type { Run } from "./outcomes.js";
import { install, newestNode, nodePackage } from "./runtimes.js";
import { root } from "./workspace.js";

/** The part of vitest's report that is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Its name in reports. */
export const suite: { readonly name: string; readonly version: string } = {
  name: "the packages' suite",
  version: `Node ${newestNode}`,
};

/** Runs the packages' tests. */
export async function runSuite(): Promise<Run> {
  const node = await install("node", nodePackage, newestNode);
  const folder = mkdtempSync(join(tmpdir(), "selvage-suite-"));
  try {
    const file = join(folder, "report.json");
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", "packages/", "--reporter=json", `--outputFile.json=${file}`];
    const ending = await run(node, args, { cwd: root, env: process.env, timeLimit: 1_200_000 });
    let report: Report;
    try {
      report = JSON.parse(readFileSync(file, "utf8")) as Report;
    } catch (error) {
      throw new Error(`expected a report, got\n${ending.stdout}${ending.stderr}`, { cause: error });
    }
    const problems = problemsIn(report);
    // A file that does not load has no failed test, and an error between tests does not belong to a test.
    if (ending.code !== 0 && problems.length === 0) problems.push(`failed: ${ending.stdout}${ending.stderr}`);
    const failed = report.numFailedTests || Number(ending.code !== 0 || !report.success);
    return { ...suite, passed: report.numPassedTests, failed, skipped: 0, packages: {}, rules: {}, problems };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function problemsIn({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failures = assertionResults.filter(({ status }) => status === "failed");
    if (failures.length === 0) return message === "" ? [] : [`failed: ${name}: ${message}`];
    return failures.map(({ fullName, failureMessages }) => `failed: ${fullName}: ${failureMessages.join("\n")}`);
  });
}
