import { describe, expect, it } from "vitest";
import { whoIsJudged } from "../src/runner.js";
import type { Goal } from "../src/scenario.js";
import { resultOf } from "./results.js";

describe("whoIsJudged", () => {
  it("names the floor, whose goals there are, and whom they name, but not every peer", () => {
    const goals: Goal[] = [
      { text: "as fast", of: ["taskGroup", "supervisor"], limit: { times: 1, of: ["allSettled"] } },
      { text: "ahead", of: ["gather"], limit: { times: 1, of: "every peer" } },
      { text: "small", of: ["scope"], limit: { atMost: 120 } },
    ];
    const { scenario, measured } = resultOf({}, { goals });
    expect([...whoIsJudged(scenario, measured)]).toEqual([
      "promiseAll",
      "taskGroup",
      "supervisor",
      "allSettled",
      "gather",
      "scope",
    ]);
  });
});
