import fc from "fast-check";
import {
  capacities,
  mostItems,
  type Plan,
  slowest,
  step,
} from "../../../.vitepress/theme/playground/engine/pipeline/plan.js";

const time = fc.integer({ min: 1, max: slowest / step }).map((steps) => steps * step);

/** Any valid plan. */
export const plans: fc.Arbitrary<Plan> = fc
  .record({
    items: fc.integer({ min: 1, max: mostItems }),
    capacity: fc.constantFrom(...capacities),
    takes: fc.record({ read: time, transform: time, write: time }),
    failsAt: fc.option(fc.integer({ min: 1, max: mostItems }), { nil: undefined }),
  })
  .map((plan) => ({
    ...plan,
    failsAt: plan.failsAt === undefined ? undefined : Math.min(plan.failsAt, plan.items),
  }));

/** A plan with the given parts. */
export function planWith(parts: Partial<Plan>): Plan {
  return {
    items: 5,
    capacity: 2,
    takes: { read: 20, transform: 30, write: 100 },
    failsAt: undefined,
    ...parts,
  };
}
