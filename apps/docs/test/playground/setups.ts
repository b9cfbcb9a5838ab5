import fc from "fast-check";
import type { Setup } from "../../.vitepress/theme/playground/engine/presets.js";
import { primitives } from "../../.vitepress/theme/playground/engine/primitives.js";
import {
  fewestTasks,
  longest,
  mostTasks,
  step,
  type TaskPlan,
  type Workload,
} from "../../.vitepress/theme/playground/engine/workload.js";

const time = (least: number): fc.Arbitrary<number> =>
  fc.integer({ min: least / step, max: longest / step }).map((steps) => steps * step);

const task: fc.Arbitrary<TaskPlan> = fc
  .record({
    takes: time(step),
    fails: fc.boolean(),
    ignores: fc.boolean(),
    cleanup: time(0),
    cleanupFails: fc.boolean(),
  })
  // Without a cleanup there is no failure of the cleanup.
  .map((plan) => ({ ...plan, cleanupFails: plan.cleanupFails && plan.cleanup > 0 }));

const orNot = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const workload: fc.Arbitrary<Workload> = fc
  .record({
    tasks: fc.array(task, { minLength: fewestTasks, maxLength: mostTasks }),
    limit: orNot(fc.integer({ min: 1, max: mostTasks })),
    timeout: orNot(time(step)),
    cancelAt: orNot(time(step)),
    shutdownAt: orNot(time(step)),
    grace: time(0),
  })
  .map((workload) => ({ ...workload, grace: workload.shutdownAt === undefined ? 0 : workload.grace }));

const primitive = fc.constantFrom(...primitives.map(({ name }) => name));

/** Any valid setup. */
export const setups: fc.Arbitrary<Setup> = fc.record({ first: primitive, second: primitive, workload });
