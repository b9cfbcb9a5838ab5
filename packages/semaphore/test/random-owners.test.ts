/** Random owners of tasks, runs and acquires under one semaphore. There is no model; the test checks what must hold in any case. */
import { Supervisor } from "@selvage/supervisor";
import { map, mapSettled, TaskGroup } from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { format } from "@selvage/scope";
import { CancelScope, Semaphore } from "../src/index.js";

const user = fc.record({
  kind: fc.constantFrom("group", "supervisor", "map", "mapSettled", "run", "acquire"),
  begin: fc.nat(20),
  count: fc.integer({ min: 1, max: 4 }),
  work: fc.nat(10),
  deadline: fc.option(fc.nat(25), { nil: Infinity }),
  fails: fc.boolean(),
});
const plan = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  permits: fc.integer({ min: 1, max: 4 }),
  users: fc.array(user, { minLength: 1, maxLength: 8 }),
  changes: fc.array(fc.record({ time: fc.nat(30), permits: fc.integer({ min: 1, max: 4 }) }), { maxLength: 3 }),
});

describe("random owners under one semaphore", () => {
  it("never run more than there are permits, give all of them back, and lose no item (M2, M5, M7, M9, T12)", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ seed, permits, users, changes }) => {
        const clock = new VirtualClock({ seed, autojump: true });
        const limit = new Semaphore(permits);
        let most = permits; // how many permits there were at most
        let running = 0;
        for (const change of changes) {
          clock.setTimer(() => {
            most = Math.max(most, change.permits); // first, because tasks may start at once
            limit.permits = change.permits;
          }, change.time);
        }
        let pulled = 0; // items that were pulled from a source
        let met = 0; // items for which the function was called, or that were passed to undelivered
        const use = async ({ kind, begin, count, work, deadline, fails }: (typeof users)[number]): Promise<void> => {
          using parent = new CancelScope({ clock });
          await parent.sleep(begin);
          parent.deadline = clock.now() + deadline;
          const job = async (scope: CancelScope): Promise<void> => {
            running++;
            try {
              expect(running).toBeLessThanOrEqual(most);
              await scope.sleep(work);
              if (fails) throw new Error("no");
            } finally {
              running--;
            }
          };
          const items = Array.from({ length: count }, (_, item) => item);
          const options = { limit, parent, undelivered: () => met++ };
          const source = function* (): Generator<number> {
            for (const item of items) {
              pulled++;
              yield item;
            }
          };
          const call = (_: number, scope: CancelScope): Promise<void> => (met++, job(scope));
          const fill = (owner: { createTask(fn: typeof job): unknown }): void => {
            items.forEach(() => owner.createTask(job));
          };
          if (kind === "group") await TaskGroup.run(fill, options);
          else if (kind === "supervisor") await Supervisor.run(fill, { ...options, onError: () => {} });
          else if (kind === "map") await map(source(), call, options);
          else if (kind === "mapSettled") await mapSettled(source(), call, options);
          else if (kind === "run") await limit.run(parent, job, Math.min(count, limit.permits));
          else {
            using permit = await limit.acquire(parent, Math.min(count, limit.permits));
            expect(permit).toBeDefined();
            await job(parent);
          }
        };
        for (const outcome of await Promise.allSettled(users.map(use))) {
          // A failed expectation is in one of the errors.
          if (outcome.status === "rejected") expect(format(outcome.reason)).not.toContain("AssertionError");
        }
        while (clock.pending > 0) await clock.runAll();
        expect([running, limit.free, limit.waiting]).toEqual([0, limit.permits, 0]);
        expect(met).toBe(pulled);
      }),
      { numRuns: Number(process.env["RUNS"] ?? 300) },
    );
  });
});
