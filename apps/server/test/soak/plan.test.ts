import { describe, expect, it } from "vitest";
import { happenings, planRound } from "../../src/soak/plan.js";

describe("planRound", () => {
  it("makes the same plan for the same seed", () => {
    expect(planRound(7)).toEqual(planRound(7));
  });

  it("makes everything happen, at a point at which there are still events to send", () => {
    const plans = Array.from({ length: 200 }, (_, seed) => planRound(seed));
    expect(new Set(plans.map(({ happening }) => happening))).toEqual(new Set(happenings));
    for (const { part } of plans) expect(part).toBeLessThan(0.9);
  });
});
