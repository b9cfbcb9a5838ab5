import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { bareEnvironment, removeTemporaryFolders, temporaryFolder } from "../src/packed.js";
import { root } from "../src/repository.js";

interface Task {
  readonly command: string;
  readonly directory: string;
  readonly execution: { readonly exitCode: number } | null;
}

const lint = { command: "eslint .", directory: "", execution: { exitCode: 0 } };
const tests = { command: "vitest run", directory: "packages/scope", execution: { exitCode: 0 } };
const orders = { command: "<NONEXISTENT>", directory: "packages/scope", execution: null };
const failure = { exitCode: 1 };
const report = "packages/scope/reports/test.json";
const conformance = "apps/conformance/reports/conformance.json";
const site = "apps/docs/reports/site.json";
const runs = [
  { passed: 150, failed: 0, skipped: 0 },
  { passed: 140, failed: 0, skipped: 3 },
];

afterAll(removeTemporaryFolders);

describe(".ci/total.mjs", () => {
  it("sums the tests that vitest reported and counts each other check as one", () => {
    const supervisor = { ...tests, directory: "packages/supervisor" };
    const files = {
      ...summary([lint, tests, supervisor, orders]),
      [report]: { numPassedTests: 40, numFailedTests: 0 },
      "packages/supervisor/reports/test.json": { numPassedTests: 2, numFailedTests: 0 },
    };
    expect(total(files, 0)).toEqual({ lastLine: "43 passed, 0 failed", status: 0 });
  });

  it("counts failed tests and failed checks", () => {
    const files = {
      ...summary([
        { ...lint, execution: failure },
        { ...tests, execution: failure },
      ]),
      [report]: { numPassedTests: 40, numFailedTests: 2 },
    };
    expect(total(files, 1)).toEqual({ lastLine: "40 passed, 3 failed", status: 1 });
  });

  it("counts a missing report as one failed, even if the run succeeded", () => {
    expect(total(summary([lint, tests]), 0)).toEqual({ lastLine: "1 passed, 1 failed", status: 1 });
  });

  it("counts a failed run without a failed test as one failed", () => {
    const files = {
      ...summary([{ ...tests, execution: failure }]),
      [report]: { numPassedTests: 40, numFailedTests: 0 },
    };
    expect(total(files, 1)).toEqual({ lastLine: "40 passed, 1 failed", status: 1 });
  });

  it("counts a check that was never started as one failed", () => {
    const files = summary([lint, { ...lint, execution: null }]);
    expect(total(files, 1)).toEqual({ lastLine: "1 passed, 1 failed", status: 1 });
  });

  it("counts a failed command without a reported failure as one failed", () => {
    expect(total(summary([lint]), 1)).toEqual({ lastLine: "1 passed, 1 failed", status: 1 });
  });

  it("counts a missing summary as a failure", () => {
    expect(total({}, 0)).toEqual({ lastLine: "0 passed, 1 failed", status: 1 });
  });

  it("uses the last of several runs", () => {
    const files = { ...summary([{ ...lint, execution: failure }], 1), ...summary([lint, lint], 2) };
    expect(total(files, 0)).toEqual({ lastLine: "2 passed, 0 failed", status: 0 });
  });

  it("adds the counts of the contract's runs", () => {
    const files = { ...summary([lint]), [conformance]: { runs } };
    expect(total(files, 0, 0)).toEqual({ lastLine: "291 passed, 0 failed", status: 0 });
    const failing = { ...summary([lint]), [conformance]: { runs: [...runs, { passed: 9, failed: 2, skipped: 0 }] } };
    expect(total(failing, 0, 1)).toEqual({ lastLine: "300 passed, 2 failed", status: 1 });
  });

  it("counts contract runs without a report, or that failed without a named failure, as one failed", () => {
    expect(total(summary([lint]), 0, 0)).toEqual({ lastLine: "1 passed, 1 failed", status: 1 });
    expect(total({ ...summary([lint]), [conformance]: { runs: [] } }, 0, 0)).toMatchObject({ status: 1 });
    expect(total({ ...summary([lint]), [conformance]: { runs } }, 0, 2)).toEqual({
      lastLine: "291 passed, 1 failed",
      status: 1,
    });
  });

  it("adds the tests of the site", () => {
    const files = { ...summary([lint]), [conformance]: { runs }, [site]: { numPassedTests: 20, numFailedTests: 0 } };
    expect(total(files, 0, 0, 0)).toEqual({ lastLine: "311 passed, 0 failed", status: 0 });
    expect(total({ ...files, [site]: { numPassedTests: 19, numFailedTests: 1 } }, 0, 0, 1)).toEqual({
      lastLine: "310 passed, 1 failed",
      status: 1,
    });
  });

  it("counts a site that was not tested as one failed", () => {
    const files = { ...summary([lint]), [conformance]: { runs } };
    expect(total(files, 0, 0, 1)).toEqual({ lastLine: "291 passed, 1 failed", status: 1 });
    expect(total({ ...files, [site]: { numPassedTests: 0, numFailedTests: 0 } }, 0, 0, 0)).toMatchObject({ status: 1 });
  });

  it("counts every other command as one", () => {
    const files = { ...summary([lint]), [conformance]: { runs }, [site]: { numPassedTests: 20, numFailedTests: 0 } };
    expect(total(files, 0, 0, 0, "model=0", "soak=0")).toEqual({ lastLine: "313 passed, 0 failed", status: 0 });
    expect(total(files, 0, 0, 0, "model=0", "soak=2")).toEqual({ lastLine: "312 passed, 1 failed", status: 1 });
  });
});

function summary(tasks: readonly Task[], startTime = 1): Record<string, object> {
  return { [`.turbo/runs/${startTime}.json`]: { execution: { startTime }, tasks } };
}

function total(
  files: Record<string, object>,
  ...exitCodes: (number | string)[]
): { lastLine: string | undefined; status: number | null } {
  const cwd = temporaryFolder("total");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), JSON.stringify(content));
  }
  const script = join(root, ".ci/total.mjs");
  const { status, stdout } = spawnSync(process.execPath, [script, ...exitCodes.map(String)], {
    cwd,
    env: bareEnvironment,
    encoding: "utf8",
  });
  return { lastLine: stdout.trimEnd().split("\n").at(-1), status };
}
