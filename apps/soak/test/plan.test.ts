import { describe, expect, it } from "vitest";
import { type Plan, planRound, points } from "../src/plan.js";

const plans = Array.from({ length: 2_000 }, (_, seed) => planRound(seed, 100));

describe("planRound", () => {
  it("makes the same plan for the same seed", () => {
    expect(planRound(7, 100)).toEqual(planRound(7, 100));
  });

  it("ends rounds at every point", () => {
    expect(new Set(plans.map(({ point }) => point))).toEqual(new Set(Object.values(points).flat()));
  });

  it.each<[keyof Plan, unknown[]]>([
    ["form", ["new", "run, serving", "run, returning"]],
    ["by", ["cancel", "deadline", "signal"]],
    ["when", ["at once", "in a microtask", "in another turn"]],
    ["stubborn", ["abandon", "let end"]],
  ])("uses every choice for %s", (key, choices) => {
    expect(new Set(plans.map((plan) => plan[key]))).toEqual(new Set(choices));
  });

  it("has an earlier shutdown only if the round ends in a drain", () => {
    for (const { phase, earlier } of plans) expect(earlier !== undefined).toBe(phase === "draining");
  });

  it("ends the round at a request that is really sent", () => {
    for (const { nth, requests, earlier } of plans) {
      expect(nth).toBeGreaterThanOrEqual(1);
      expect(nth).toBeLessThanOrEqual(requests);
      expect(earlier?.at ?? 0).toBeLessThan(requests);
      expect(requests).toBeLessThanOrEqual(100);
    }
  });

  it("sends one request if no more are allowed", () => {
    expect(planRound(1, 1)).toMatchObject({ requests: 1, nth: 1 });
  });
});
