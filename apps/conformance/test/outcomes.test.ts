import { describe, expect, it } from "vitest";
import { brokenRun, type Outcome, parseOutcomes, runOf } from "../src/outcomes.js";

const outcomes: readonly Outcome[] = [
  { package: "one", rule: "A1", title: "is fine", status: "passed" },
  { package: "one", rule: "A2", title: "is not", status: "failed", detail: "expected 1, got 2" },
  { package: "two", rule: "A1", title: "is left out", status: "skipped", detail: "no such thing" },
];

describe("runOf", () => {
  it("counts outcomes, in total and by package and rule", () => {
    expect(runOf("Node 22", "22.1.0", outcomes)).toMatchObject({
      name: "Node 22",
      version: "22.1.0",
      passed: 1,
      failed: 1,
      skipped: 1,
      packages: { one: { passed: 1, failed: 1, skipped: 0 }, two: { passed: 0, failed: 0, skipped: 1 } },
      rules: { A1: { passed: 1, failed: 0, skipped: 1 }, A2: { passed: 0, failed: 1, skipped: 0 } },
    });
  });

  it("lists what did not pass, with the reason", () => {
    expect(runOf("Node 22", "22.1.0", outcomes).problems).toEqual([
      "failed: is not (A2): expected 1, got 2",
      "skipped: is left out (A1): no such thing",
    ]);
  });
});

describe("brokenRun", () => {
  it("counts as one check", () => {
    const run = brokenRun("Node 22", "22.1.0", "failed", new Error("it broke off"));
    expect(run).toMatchObject({ passed: 0, failed: 1, skipped: 0, problems: ["failed: the whole run: it broke off"] });
    expect(brokenRun("Node 22", "22.1.0", "skipped", "why")).toMatchObject({ failed: 0, skipped: 1 });
  });
});

describe("parseOutcomes", () => {
  it("reads the last line", () => {
    expect(parseOutcomes(`a warning\n${JSON.stringify(outcomes)}\n`)).toEqual(outcomes);
  });

  it.each(["", "a warning", "[]", "{}"])("rejects other output: %j", (text) => {
    expect(() => parseOutcomes(text)).toThrow("expected outcomes");
  });
});
