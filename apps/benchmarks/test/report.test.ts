import { describe, expect, it } from "vitest";
import { renderReport, renderScenario, renderSummary } from "../src/report.js";
import type { CaseResult } from "../src/runner.js";
import { scenarios } from "../src/scenarios.js";
import { resultOf } from "./results.js";

const circumstances = {
  node: "20.20.2",
  others: ["CPython 3.11.7"],
  absent: ["errgroup (Go)"],
  machine: "2 processors",
  rounds: 9,
  clock: "wall",
  date: "2026-11-21",
} as const;

/** A case that goals are about. */
function judged(taskGroup: number): CaseResult {
  const result = resultOf(
    { rejectedByHand: [1], taskGroup: [taskGroup] },
    { id: "wide-1000", floor: "rejectedByHand" },
  );
  return { ...result, scenario: scenarios.find(({ id }) => id === "B")! };
}

describe("renderScenario", () => {
  it("has the title, the explanation, the tables, the goals and the failures", () => {
    const result = resultOf({ promiseAll: [{ value: 1, thread: 1, process: 1 }] }, {}, { pMap: "took more than 6 s" });
    const text = renderScenario([result], "wall");
    expect(text).toMatch(/^## Z · Sleep\n\nWhether it sleeps\.\n\n\| {3}\| some tasks \|\n/);
    expect(text).toContain("Processor time, main thread / process:\n\n|");
    expect(text).toContain("Failed:\n\n- p-map, some tasks: took more than 6 s");
    expect(text).toContain("|   | goal |   | measured |");
  });

  it("states for each goal of the scenario whether it was reached", () => {
    const text = renderScenario([judged(1.2)], "wall");
    expect(text).toContain("| B | 1,000 side by side: at most 1.25 of promises rejected by hand | reached |");
    expect(text).toContain("| B | one task: at most 4 µs | not measured |");
    expect(renderScenario([judged(1.3)], "wall")).toContain("rejected by hand | **missed** |");
  });
});

describe("renderReport", () => {
  it("says where and how it was measured", () => {
    const text = renderReport([resultOf({ promiseAll: [1] })], circumstances);
    expect(text).toMatch(/^# Benchmarks on Node 20\.20\.2\n/);
    expect(text).toContain("Measured on 2026-11-21 with Node 20.20.2, CPython 3.11.7, in 9 rounds, on 2 processors.");
    expect(text).toContain("errgroup (Go) was left out, because its tools are not installed.");
    expect(text).toContain("## Z · Sleep");
  });

  it("says so if goals are not judged by wall time", () => {
    const text = renderReport([resultOf({ promiseAll: [1] })], { ...circumstances, clock: "process" });
    expect(text).toContain("Goals are judged by processor time (process).");
  });
});

describe("renderSummary", () => {
  it("has a line for each goal, and a link to the tables", () => {
    const text = renderSummary([judged(1.2)], circumstances);
    expect(text).toMatch(/^### Node 20\n/);
    expect(text).toContain("[The tables](results/node-20.md)");
    expect(text).toContain(
      "rejected by hand | reached | at worst `TaskGroup`, some tasks: 1.20 of promises rejected by hand",
    );
  });
});
