import { describe, expect, it } from "vitest";
import { renderReport, renderScenario, renderSummary } from "../src/report.js";
import type { Goal } from "../src/scenario.js";
import { resultOf } from "./results.js";

const circumstances = {
  node: "20.20.2",
  others: ["CPython 3.11.7"],
  absent: [],
  machine: "2 processors",
  rounds: 9,
  date: "2026-11-21",
};

const twice: Goal = { text: "at most twice", of: ["taskGroup"], limit: { times: 2, of: ["promiseAll"] } };

describe("renderScenario", () => {
  it("shows the floor's figure, and the others as multiples of it with their spread", () => {
    const text = renderScenario([resultOf({ promiseAll: [100, 100, 100], pMap: [500, 520, 700] })]);
    expect(text).toContain("## Z · Sleep\n\nWhether it sleeps.\n\n|   | some tasks |\n");
    expect(text).toContain("| `Promise.all` | 1 = 100 ns |");
    expect(text).toContain("| p-map | 5.20 (5.10–6.10) |");
  });

  it("shows figures where there is no floor, and both where the unit is no time", () => {
    expect(renderScenario([resultOf({ scope: [120] }, { floor: undefined, unit: "bytes" })])).toContain(
      "| `CancelScope` | 120 B |",
    );
    expect(renderScenario([resultOf({ promiseAll: [700], taskGroup: [840] }, { unit: "bytes" })])).toContain(
      "| `TaskGroup` | 840 B = 1.20 |",
    );
  });

  it("has a column for each case, and a dash for who takes no part", () => {
    const text = renderScenario([
      resultOf({ promiseAll: [1], pMap: [2] }),
      resultOf({ promiseAll: [1] }, { id: "more", title: "more tasks" }),
    ]);
    expect(text).toContain("|   | some tasks | more tasks |");
    expect(text).toContain("| p-map | 2.00 | – |");
  });

  it("says how few rounds those had that were slow", () => {
    const text = renderScenario([resultOf({ promiseAll: [1, 1, 1, 1, 1], effection: [600, 600, 600] })]);
    expect(text).toContain("| Effection | 600 (600–600, 3 rounds) |");
  });

  it("says who failed, and why, whatever was measured before", () => {
    const text = renderScenario([resultOf({ promiseAll: [1], pMap: [2] }, {}, { pMap: "took more than 6 s" })]);
    expect(text).toContain("| p-map | failed |");
    expect(text).toContain("Failed:\n\n- p-map, some tasks: took more than 6 s");
  });

  it("says what a goal that was reached has left, and where one was missed", () => {
    const figures = (taskGroup: number) => ({ promiseAll: [1], taskGroup: [taskGroup] });
    const cases = [1.5, 1.8].map((figure, id) =>
      resultOf(figures(figure), { id: String(id), title: `case ${id}`, goals: [twice] }),
    );
    expect(renderScenario(cases)).toContain(
      "| at most twice | reached | at worst `TaskGroup`, case 1: 1.80 of `Promise.all` |",
    );
    const worse = resultOf(figures(2.5), { id: "2", title: "case 2", goals: [twice] });
    expect(renderScenario([...cases, worse])).toContain(
      "| at most twice | **missed** | `TaskGroup`, case 2: 2.50 of `Promise.all` |",
    );
  });

  it("does not call a goal reached that nobody looked at", () => {
    expect(renderScenario([resultOf({ promiseAll: [1] }, { goals: [twice] })])).toContain(
      "| at most twice | not measured |",
    );
  });

  it("counts a failure of whose goal it is as a miss", () => {
    const result = resultOf({ promiseAll: [1] }, { goals: [twice] }, { taskGroup: "RangeError: too deep" });
    expect(renderScenario([result])).toContain("| at most twice | **missed** | `TaskGroup`, some tasks: failed |");
  });
});

describe("renderReport", () => {
  it("says where and how it was measured", () => {
    const text = renderReport([resultOf({ promiseAll: [1] })], { ...circumstances, absent: ["asyncio"] });
    expect(text).toMatch(/^# Benchmarks on Node 20\.20\.2\n/);
    expect(text).toContain("Measured on 2026-11-21 with Node 20.20.2, CPython 3.11.7, in 9 rounds, on 2 processors.");
    expect(text).toContain("asyncio is not there, and was left out.");
    expect(text).toContain("## Z · Sleep");
  });
});

describe("renderSummary", () => {
  it("has a line for each goal", () => {
    const text = renderSummary([resultOf({ promiseAll: [1], taskGroup: [1.5] }, { goals: [twice] })], circumstances);
    expect(text).toMatch(/^### Node 20\n/);
    expect(text).toContain("(results/node-20.md)");
    expect(text).toContain("| Z | at most twice | reached | at worst `TaskGroup`, some tasks: 1.50 of `Promise.all` |");
  });

  it("names a few misses, and of many the worst", () => {
    const missing = (count: number) =>
      Array.from({ length: count }, (_, i) =>
        resultOf({ promiseAll: [1], taskGroup: [3 + i] }, { id: String(i), title: `case ${i}`, goals: [twice] }),
      );
    expect(renderSummary(missing(2), circumstances)).toContain(
      "| **missed** | `TaskGroup`, case 0: 3.00 of `Promise.all`; `TaskGroup`, case 1: 4.00 of `Promise.all` |",
    );
    expect(renderSummary(missing(3), circumstances)).toContain(
      "| **missed** | in 3 comparisons, at worst `TaskGroup`, case 2: 5.00 of `Promise.all` |",
    );
  });

  it("takes what failed for the worst", () => {
    const results = [4, undefined, 5].map((figure, i) =>
      resultOf(
        { promiseAll: [1], ...(figure === undefined ? {} : { taskGroup: [figure] }) },
        { id: String(i), title: `case ${i}`, goals: [twice] },
        figure === undefined ? { taskGroup: "took more than 6 s" } : {},
      ),
    );
    expect(renderSummary(results, circumstances)).toContain("in 3 comparisons, at worst `TaskGroup`, case 1: failed |");
  });

  it("has the table of each scenario", () => {
    const text = renderSummary([resultOf({ promiseAll: [1], taskGroup: [1.5] })], circumstances);
    expect(text).toMatch(
      /\*\*Z · Sleep\*\*\n\n.*\n.*\n\| `Promise\.all` \| 1 = 1\.00 ns \|\n\| `TaskGroup` \| 1\.50 \|$/,
    );
  });
});
