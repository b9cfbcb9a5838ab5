import { describe, expect, it } from "vitest";
import { judge } from "../src/goals.js";
import type { CaseResult } from "../src/runner.js";
import type { Goal } from "../src/scenario.js";
import { resultOf } from "./results.js";

function checksOf(...results: CaseResult[]) {
  return judge(results)[0]!.checks.map(({ of, with: other, measured, limit, reached }) => ({
    of,
    other,
    measured,
    limit,
    reached,
  }));
}

describe("judge", () => {
  const twice: Goal = { text: "at most twice", of: ["taskGroup"], limit: { times: 2, of: ["promiseAll"] } };

  it("compares the median of the rounds' ratios with the limit", () => {
    const reached = resultOf({ taskGroup: [2, 200, 1], promiseAll: [1, 100, 1] }, { goals: [twice] });
    expect(checksOf(reached)).toEqual([{ of: "taskGroup", other: "promiseAll", measured: 2, limit: 2, reached: true }]);
    const missed = resultOf({ taskGroup: [2.1, 210, 1], promiseAll: [1, 100, 1] }, { goals: [twice] });
    expect(checksOf(missed)).toMatchObject([{ measured: 2.1, reached: false }]);
  });

  it("compares with every peer, and with nobody else", () => {
    const goal: Goal = { text: "ahead", of: ["taskGroup"], limit: { times: 1, of: "every peer" } };
    const result = resultOf(
      { taskGroup: [5], promiseAll: [1], supervisor: [1], asyncio: [1], pMap: [6], effect: [4] },
      { goals: [goal] },
    );
    expect(checksOf(result)).toMatchObject([
      { other: "pMap", reached: true },
      { other: "effect", measured: 1.25, reached: false },
    ]);
  });

  it("takes an absolute limit to the whole unit", () => {
    const goal: Goal = { text: "small", of: ["scope"], limit: { atMost: 120 } };
    expect(checksOf(resultOf({ scope: [120.4] }, { goals: [goal] }))).toMatchObject([{ reached: true }]);
    expect(checksOf(resultOf({ scope: [120.6] }, { goals: [goal] }))).toMatchObject([
      { measured: 121, limit: 120, reached: false },
    ]);
  });

  it("looks at the cases that the goal names, or else at all", () => {
    const figures = { taskGroup: [3], promiseAll: [1] };
    const named = { ...twice, cases: ["one"] };
    const both = (goal: Goal) => ["one", "other"].map((id) => resultOf(figures, { id, goals: [goal] }));
    expect(checksOf(...both(named))).toHaveLength(1);
    expect(checksOf(...both(twice))).toHaveLength(2);
  });

  it("makes nothing of what was not measured", () => {
    expect(checksOf(resultOf({ promiseAll: [1] }, { goals: [twice] }))).toEqual([]);
    expect(checksOf(resultOf({ taskGroup: [1] }, { goals: [twice] }))).toEqual([]);
  });
});
