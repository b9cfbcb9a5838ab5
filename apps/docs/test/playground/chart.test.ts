import { describe, expect, it } from "vitest";
import { axisOf, chartOf, timesOf } from "../../.vitepress/theme/playground/engine/chart.js";
import type { Primitive } from "../../.vitepress/theme/playground/engine/primitives.js";
import { record, type Recording } from "../../.vitepress/theme/playground/engine/record.js";
import { programOf } from "../../.vitepress/theme/playground/engine/source.js";
import { type Workload, workloadOf } from "../../.vitepress/theme/playground/engine/workload.js";

const run = (primitive: Primitive, workload: Workload): Promise<Recording> => record(programOf(primitive, workload));

/** The rows of a chart, a line each: `works 0–150, cleans 150–200, then stopped`. */
async function rowsOf(primitive: Primitive, workload: Workload): Promise<string[]> {
  const { rows } = chartOf(await run(primitive, workload), workload);
  return rows.map(({ bars, kind }) => {
    const words = bars.map(({ kind, from, to, behind }) => `${kind} ${from}–${to}${behind ? " behind" : ""}`);
    return [...words, kind].join(", ");
  });
}

describe("chartOf", () => {
  it("draws the lifetime of each task, in the order of their names", async () => {
    const workload = workloadOf([
      300,
      { takes: 150, fails: true },
      { takes: 400, cleanup: 50 },
      { takes: 350, ignores: true, cleanup: 20 },
    ]);

    expect(await rowsOf("TaskGroup", workload)).toEqual([
      "working 0–150, stopped",
      "working 0–150, failed",
      "working 0–150, cleaning 150–200, stopped",
      "working 0–150, ignoring 150–350, cleaning 350–370, returned",
    ]);
  });

  it("splits a bar where the caller has control back", async () => {
    expect(
      await rowsOf(
        "Promise.all",
        workloadOf([
          { takes: 150, fails: true },
          { takes: 200, cleanup: 30 },
        ]),
      ),
    ).toEqual(["working 0–150, failed", "working 0–150, working 150–200 behind, cleaning 200–230 behind, returned"]);
  });

  it("shows that a task that is cancelled while it cleans up continues to clean up", async () => {
    expect(
      await rowsOf(
        "TaskGroup",
        workloadOf([
          { takes: 100, cleanup: 90 },
          { takes: 150, fails: true },
        ]),
      ),
    ).toEqual(["working 0–100, cleaning 100–190, returned", "working 0–150, failed"]);
  });

  it("shows that a task waits for its turn, until the end if it is never called", async () => {
    const workload = workloadOf([150, { takes: 100, fails: true }, 100], { limit: 1 });

    expect(await rowsOf("gather", workload)).toEqual([
      "working 0–150, returned",
      "waiting 0–150, working 150–250, failed",
      "waiting 0–250, never started",
    ]);
  });

  it("marks outer events, and the end of the time limit", async () => {
    const workload = workloadOf([300, 200], { timeout: 250, cancelAt: 220 });

    expect(chartOf(await run("gather", workload), workload).marks).toMatchObject([
      { at: 220, what: "outer cancel" },
      { at: 250, what: "time is up" },
    ]);
  });
});

describe("axisOf", () => {
  it("has room for all recordings, and for the signs at their end", async () => {
    const recordings = [await run("gather", workloadOf([300, 200])), await run("gather", workloadOf([450, 200]))];

    expect(axisOf(recordings)).toEqual({
      until: 500,
      ticks: [0, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500],
    });
  });

  it("exists without a recording", () => {
    expect(axisOf([]).until).toBeGreaterThan(100);
  });

  it("has few ticks, however long it is", async () => {
    for (const takes of [10, 100, 1000]) {
      expect(axisOf([await run("gather", workloadOf([takes, takes]))]).ticks.length).toBeLessThanOrEqual(12);
    }
    const queued = workloadOf([1000, 1000, 1000, 1000, 1000, { takes: 1000, cleanup: 1000 }], { limit: 1 });
    expect(axisOf([await run("gather", queued)])).toMatchObject({ until: 8000 });
  });
});

describe("timesOf", () => {
  it("lists each time at which something happens once, in order", async () => {
    const workload = workloadOf([300, { takes: 150, fails: true }]);

    expect(timesOf([await run("Promise.all", workload), await run("TaskGroup", workload)])).toEqual([0, 150, 300]);
  });

  it("ignores a timer that had nothing to do", async () => {
    const workload = workloadOf([300, 200], { cancelAt: 900 });

    expect(timesOf([await run("gather", workload)])).toEqual([0, 200, 300]);
  });
});
