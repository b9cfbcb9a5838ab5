import { describe, expect, it } from "vitest";
import type { Goal } from "../src/goal.js";
import { judge } from "../src/judge.js";
import { renderVerdict } from "../src/render-verdict.js";
import type { CaseResult } from "../src/runner.js";
import { resultOf } from "./results.js";

const cases = ["0", "1", "2", "3"];
const twice: Goal = {
  scenario: "Z",
  text: "at most twice",
  of: ["taskGroup"],
  cases,
  limit: { kind: "ratio", times: 2, to: ["promiseAll"] },
};

function render(goal: Goal, results: readonly CaseResult[], most = Infinity): string {
  return renderVerdict(judge([goal], results, "wall")[0]!, most);
}

function measured(...figures: readonly (number | undefined)[]): CaseResult[] {
  return figures.map((figure, i) =>
    resultOf(
      { promiseAll: [1], ...(figure === undefined ? {} : { taskGroup: [figure] }) },
      { id: String(i), title: `case ${i}` },
      figure === undefined ? { taskGroup: "took more than 6 s" } : {},
    ),
  );
}

describe("renderVerdict", () => {
  it("says what a goal that was reached has left", () => {
    expect(render(twice, measured(1.5, 1.8))).toBe(
      "at most twice | reached | at worst `TaskGroup`, case 1: 1.80 of `Promise.all`",
    );
  });

  it("says where a goal was missed", () => {
    expect(render(twice, measured(1.5, 1.8, 2.5))).toBe(
      "at most twice | **missed** | `TaskGroup`, case 2: 2.50 of `Promise.all`",
    );
  });

  it("does not call a goal reached that was not measured", () => {
    expect(render(twice, [resultOf({ promiseAll: [1] }, { id: "0" })])).toContain("| not measured |");
  });

  it("names a few misses, and of many the worst", () => {
    expect(render(twice, measured(3, 4), 2)).toContain(
      "| **missed** | `TaskGroup`, case 0: 3.00 of `Promise.all`; `TaskGroup`, case 1: 4.00 of `Promise.all`",
    );
    expect(render(twice, measured(3, 4, 5), 2)).toContain(
      "| **missed** | in 3 comparisons, at worst `TaskGroup`, case 2: 5.00 of `Promise.all`",
    );
  });

  it("takes what failed for the worst", () => {
    expect(render(twice, measured(4, undefined, 5), 2)).toContain(
      "in 3 comparisons, at worst `TaskGroup`, case 1: failed",
    );
  });

  it("states growth from the first case to the last, means without a case, and absolute figures with their unit", () => {
    const results = measured(1, 2, 3);
    expect(render({ ...twice, limit: { kind: "growth", times: 2 } }, results)).toContain(
      "`TaskGroup`, case 2: 3.00 times case 0",
    );
    expect(render({ ...twice, limit: { kind: "mean ratio", times: 2, to: ["promiseAll"] } }, results)).toContain(
      "| reached | at worst `TaskGroup`: 2.00 of `Promise.all`",
    );
    expect(render({ ...twice, limit: { kind: "absolute", atMost: 2 } }, results)).toContain(
      "| **missed** | `TaskGroup`, case 2: 3.00 ns",
    );
  });

  it("adds the processor times of the main thread and of the process", () => {
    const figures = {
      taskGroup: [{ value: 3, thread: 2, process: 4 }],
      promiseAll: [{ value: 2, thread: 1, process: 1 }],
    };
    expect(render(twice, [resultOf(figures, { id: "0", title: "case 0" })])).toContain(
      "1.50 of `Promise.all` (2.00 / 4.00)",
    );
  });
});
