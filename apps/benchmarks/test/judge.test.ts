import { describe, expect, it } from "vitest";
import type { Goal } from "../src/goal.js";
import { judge } from "../src/judge.js";
import type { CaseResult } from "../src/runner.js";
import { resultOf } from "./results.js";

function goalOf(limit: Goal["limit"], of: readonly string[] = ["taskGroup"], cases = ["some"]): Goal {
  return { scenario: "Z", text: "a goal", of, cases, limit };
}

function checksOf(goal: Goal, ...results: CaseResult[]) {
  return judge([goal], results, "wall")[0]!.checks.map(({ of, to, measured, limit, reached }) => ({
    of,
    to,
    measured,
    limit,
    reached,
  }));
}

describe("judge", () => {
  const twice = goalOf({ kind: "ratio", times: 2, to: ["promiseAll"] });

  it("compares the median of the rounds' ratios with the limit", () => {
    const reached = resultOf({ taskGroup: [2, 200, 1], promiseAll: [1, 100, 1] });
    expect(checksOf(twice, reached)).toEqual([
      { of: "taskGroup", to: "promiseAll", measured: 2, limit: 2, reached: true },
    ]);
    const missed = resultOf({ taskGroup: [2.1, 210, 1], promiseAll: [1, 100, 1] });
    expect(checksOf(twice, missed)).toMatchObject([{ measured: 2.1, reached: false }]);
  });

  it("compares with every peer, and with nothing else", () => {
    const goal = goalOf({ kind: "ratio", times: 1, to: "every peer" });
    const result = resultOf({ taskGroup: [5], promiseAll: [1], supervisor: [1], asyncio: [1], pMap: [6], effect: [4] });
    expect(checksOf(goal, result)).toMatchObject([
      { to: "pMap", reached: true },
      { to: "effect", measured: 1.25, reached: false },
    ]);
  });

  it("compares the mean over the cases, round by round", () => {
    const goal = goalOf({ kind: "mean ratio", times: 1.5, to: ["promiseAll"] }, ["taskGroup"], ["one", "other"]);
    const one = resultOf({ taskGroup: [1, 10, 1], promiseAll: [1, 10, 1] }, { id: "one" });
    const other = resultOf({ taskGroup: [4, 2, 6], promiseAll: [2, 1, 2] }, { id: "other" });
    expect(checksOf(goal, one, other)).toMatchObject([{ measured: 1.5, reached: true }]);
  });

  it("compares the last case with the first", () => {
    const goal = goalOf({ kind: "growth", times: 2 }, ["taskGroup"], ["10", "100", "1000"]);
    const results = [10, 100, 1000].map((n, i) => resultOf({ taskGroup: [1 + i, 9, 1 + i] }, { id: String(n) }));
    expect(checksOf(goal, ...results)).toMatchObject([{ to: undefined, measured: 3, reached: false }]);
    expect(checksOf(goal, results[0]!)).toEqual([]);
  });

  it("rounds bytes, and nothing else, before it compares them with an absolute limit", () => {
    const goal = goalOf({ kind: "absolute", atMost: 120 }, ["scope"]);
    expect(checksOf(goal, resultOf({ scope: [120.4] }, { unit: "bytes" }))).toMatchObject([{ reached: true }]);
    expect(checksOf(goal, resultOf({ scope: [120.6] }, { unit: "bytes" }))).toMatchObject([
      { measured: 121, limit: 120, reached: false },
    ]);
    expect(checksOf(goal, resultOf({ scope: [120.4] }))).toMatchObject([{ reached: false }]);
  });

  it("looks only at the scenario and the cases of the goal", () => {
    const figures = { taskGroup: [3], promiseAll: [1] };
    const results = ["some", "other"].map((id) => resultOf(figures, { id }));
    expect(checksOf(twice, ...results)).toHaveLength(1);
    expect(checksOf({ ...twice, scenario: "A" }, ...results)).toEqual([]);
  });

  it("counts a failure of the contestant whose goal it is as a miss", () => {
    for (const limit of [twice.limit, { kind: "growth", times: 2 }] as const) {
      expect(checksOf(goalOf(limit), resultOf({ promiseAll: [1] }, {}, { taskGroup: "too deep" }))).toMatchObject([
        { of: "taskGroup", measured: undefined, reached: false },
      ]);
    }
  });

  it("ignores what was not measured", () => {
    expect(checksOf(twice, resultOf({ promiseAll: [1] }))).toEqual([]);
    expect(checksOf(twice, resultOf({ taskGroup: [1] }))).toEqual([]);
  });

  it("judges by the clock that it is given, and states the processor times", () => {
    const result = resultOf({
      taskGroup: [{ value: 3, thread: 1, process: 4 }],
      promiseAll: [{ value: 1, thread: 1, process: 1 }],
    });
    expect(judge([twice], [result], "wall")[0]!.checks).toMatchObject([
      { measured: 3, thread: 1, process: 4, reached: false },
    ]);
    expect(judge([twice], [result], "thread")[0]!.checks).toMatchObject([{ measured: 1, reached: true }]);
  });
});
