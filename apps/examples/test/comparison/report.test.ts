import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { Recording } from "../../src/comparison/contest.js";
import { coloured, plain } from "../../src/comparison/paint.js";
import { reportOf } from "../../src/comparison/report.js";

const unseen = new Error("the files are in use");
const seen = new Error("out of paper", { cause: "a jam" });

const recording: Recording = {
  contestant: { name: "Promise.all", description: "" },
  timeout: undefined,
  events: [
    { at: 0, task: "failing", kind: "started" },
    { at: 0, task: "untidy", kind: "started" },
    { at: 0, task: "late", kind: "started" },
    { at: 10, task: "failing", kind: "failed", error: seen },
    { at: 20, task: "untidy", kind: "noticed" },
    { at: 20, task: "late", kind: "cancelled", error: unseen },
    { at: 30, task: "untidy", kind: "failed", error: unseen },
  ],
  outcome: { at: 10, ok: false, error: seen },
  handled: [],
  unhandled: [{ task: "late", error: unseen }],
};

describe("reportOf", () => {
  it("draws the chart, then what the caller saw, then what was lost", () => {
    expect(reportOf(recording, 50, plain)).toEqual([
      "             0         50 ms",
      "  failing    ├─×│          failed",
      "  untidy     ├──│!·×       failed, unseen",
      "  late       ├──│○         cancelled, unhandled",
      "  caller        ╵ back after 10 ms",
      "  saw        Error: out of paper",
      '             └── cause: "a jam"',
      "  unseen     untidy: Error: the files are in use",
      "  unhandled  late: Error: the files are in use",
      "  running    untidy, late",
    ]);
  });

  it("says that nothing was lost", () => {
    const events = recording.events.filter(({ task }) => task === "failing");
    const lines = reportOf({ ...recording, events, unhandled: [] }, 50, plain);
    expect(lines.at(-1)).toBe("  lost       nothing");
  });

  it("prints results, and the errors among them", () => {
    const value = [{ status: "fulfilled", value: "a" }, { status: "rejected", reason: seen }, "b"];
    const lines = reportOf({ ...recording, outcome: { at: 30, ok: true, value } }, 50, plain);
    expect(lines).toContain("  saw        a, Error: out of paper, b");
  });

  it("prints what the error handler received", () => {
    const lines = reportOf({ ...recording, handled: [unseen] }, 50, plain);
    expect(lines).toContain("  handler    Error: the files are in use");
  });

  it("keeps within 80 columns", () => {
    const value = Array.from({ length: 30 }, (_, i) => `task ${i}`);
    const lines = reportOf({ ...recording, outcome: { at: 30, ok: true, value } }, 50, plain);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.find((line) => line.includes("task 29"))).toMatch(/^ {13}task/);
  });

  it("prints the same text in colours", () => {
    const lines = reportOf(recording, 50, coloured);
    expect(lines.join("\n")).toContain("\x1b[31m");
    expect(lines.map(stripVTControlCharacters)).toEqual(reportOf(recording, 50, plain));
  });
});
