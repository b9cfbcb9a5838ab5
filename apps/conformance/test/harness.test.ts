import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runWell } from "../src/command.js";
import { type Outcome, parseOutcomes } from "../src/outcomes.js";
import { app } from "../src/workspace.js";

/** Checks of every kind. They run in a separate process, because the tests themselves fail on unhandled rejections. */
const checks = `
  import { runChecks, skip, suite, takeUncaught } from "./harness.ts";
  const checks = suite("a package", (check) => {
    check("A1", "fine", () => {});
    check("A1", "fine, later", async () => { await Promise.resolve(); });
    check("A1", "throws", () => { throw new TypeError("thrown"); });
    check("A1", "rejects", () => Promise.reject(new RangeError("rejected")));
    check("A1", "leaves a rejection unhandled", () => { void Promise.reject(new Error("unhandled")); });
    check("A1", "after it", () => {});
    check("A1", "leaves an error uncaught", () => { queueMicrotask(() => { throw new Error("uncaught"); }); });
    check("A1", "takes what it expects", async () => {
      const error = new Error("expected");
      void Promise.reject(error);
      if ((await takeUncaught())[0] !== error) throw new Error("another one");
    });
    check("A1", "fails and leaves a rejection", () => { void Promise.reject(new Error("more")); throw new Error("first"); });
    check("A1", "hangs", () => new Promise(() => {}));
    check("A1", "is left out", () => skip("no such thing here"));
  });
  console.log(JSON.stringify(await runChecks(checks, 50)));`;

describe("runChecks", () => {
  const folder = mkdtempSync(join(tmpdir(), "selvage-harness-"));
  let outcomes: readonly Outcome[];

  beforeAll(async () => {
    const outfile = join(folder, "checks.mjs");
    const stdin = { contents: checks, resolveDir: join(app, "contract"), loader: "ts" } as const;
    await build({ stdin, bundle: true, format: "esm", platform: "neutral", outfile });
    outcomes = parseOutcomes(await runWell(process.execPath, [outfile], { timeLimit: 60_000 }));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it("reports each check, in order", () => {
    expect(outcomes.map(({ title, status }) => [title, status])).toEqual([
      ["fine", "passed"],
      ["fine, later", "passed"],
      ["throws", "failed"],
      ["rejects", "failed"],
      ["leaves a rejection unhandled", "failed"],
      ["after it", "passed"],
      ["leaves an error uncaught", "failed"],
      ["takes what it expects", "passed"],
      ["fails and leaves a rejection", "failed"],
      ["hangs", "failed"],
      ["is left out", "skipped"],
    ]);
    expect(outcomes[0]).toEqual({ package: "a package", rule: "A1", title: "fine", status: "passed" });
  });

  it.each([
    ["throws", "TypeError: thrown"],
    ["rejects", "RangeError: rejected"],
    ["leaves a rejection unhandled", "got Error: unhandled"],
    ["leaves an error uncaught", "got Error: uncaught"],
    ["fails and leaves a rejection", "Error: first"],
    ["hangs", "it hangs, after 50 ms"],
    ["is left out", "no such thing here"],
  ])("reports the reason: %s", (title, why) => {
    expect(outcomes.find((outcome) => outcome.title === title)?.detail).toContain(why);
  });
});
