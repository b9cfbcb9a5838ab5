import { describe, expect, it } from "vitest";
import { lanesOf } from "../../src/comparison/lane.js";

describe("lanesOf", () => {
  it("combines the events of each task, in the order in which tasks started", () => {
    const error = new Error("out of paper");
    const lanes = lanesOf([
      { at: 0, task: "a", kind: "started" },
      { at: 5, task: "b", kind: "started" },
      { at: 10, task: "b", kind: "noticed" },
      { at: 15, task: "b", kind: "failed", error },
      { at: 20, task: "a", kind: "returned" },
    ]);
    expect(lanes).toEqual([
      { task: "a", start: 0, noticed: undefined, end: 20, kind: "returned", error: undefined },
      { task: "b", start: 5, noticed: 10, end: 15, kind: "failed", error },
    ]);
  });

  it("refuses a task that has not ended", () => {
    expect(() => lanesOf([{ at: 0, task: "a", kind: "started" }])).toThrow('expected task "a" to have ended');
  });
});
