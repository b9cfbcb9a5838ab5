import { describe, expect, it } from "vitest";
import type { Goal } from "../src/goal.js";
import { namedByGoals } from "../src/runner.js";
import { resultOf } from "./results.js";

describe("namedByGoals", () => {
  it("names the floor, and every contestant that a goal of the case names, but not every peer", () => {
    const about = { scenario: "Z", text: "a goal", cases: ["some"] };
    const goals: Goal[] = [
      { ...about, of: ["taskGroup", "supervisor"], limit: { kind: "ratio", times: 1, to: ["allSettled"] } },
      { ...about, of: ["gather"], limit: { kind: "ratio", times: 1, to: "every peer" } },
      { ...about, of: ["scope"], limit: { kind: "absolute", atMost: 120 } },
      { ...about, cases: ["another"], of: ["timeout"], limit: { kind: "absolute", atMost: 120 } },
    ];
    const { scenario, measured } = resultOf({});
    expect([...namedByGoals(goals, scenario, measured)]).toEqual([
      "promiseAll",
      "taskGroup",
      "supervisor",
      "allSettled",
      "gather",
      "scope",
    ]);
  });
});
