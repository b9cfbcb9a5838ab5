import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { runFakeTimers, runJest } from "../../src/fake-timers.js";
import type { Outcome } from "../../src/outcomes.js";
import { app } from "../../src/workspace.js";

// The built packages resolve from here.
const folder = join(app, "node_modules/.cache/fake-timers");

const libraries: readonly [string, number, () => Promise<Outcome[]>][] = [
  ["node:test", 2 * 15, () => runFakeTimers("node-test", process.execPath, [], folder)],
  ["sinon", 2 * 18 + 1, () => runFakeTimers("sinon", process.execPath, [], folder)],
  ["Jest", 3 * 18 + 1, () => runJest(folder)],
  ["Zone and Angular's fakeAsync", 7, () => runFakeTimers("zone", process.execPath, [], folder)],
];

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});

describe("scopes with fake timers of other test runners", () => {
  it.each(libraries)("%s: every program passes (C1)", async (_, count, run) => {
    const outcomes = await run();
    expect(outcomes.filter(({ status }) => status !== "passed")).toEqual([]);
    expect(outcomes).toHaveLength(count);
  });
});
