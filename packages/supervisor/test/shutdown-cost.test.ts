import type { Clock } from "@selvage/scope";
import { describe, expect, it } from "vitest";
import { type ShutdownReport, Supervisor, type Task } from "../src/index.js";

const TASKS = 20_000;
/** A clock that stands still, and whose timers cost nothing. */
const clock: Clock = { now: () => 0, setTimer: () => 0, clearTimer: () => {} };

/** Work that takes a fraction of a second if it is linear, and minutes if it is quadratic. */
async function quickly(work: () => Promise<void>): Promise<void> {
  const start = performance.now();
  await work();
  expect(performance.now() - start).toBeLessThan(20_000);
}

function supervise(stageOf: (index: number) => number, count = TASKS): { supervisor: Supervisor; tasks: Task<void>[] } {
  const supervisor = new Supervisor({ clock });
  const tasks = Array.from({ length: count }, (_, index) =>
    supervisor.createTask((scope) => scope.race(new Promise<never>(() => {})), { stage: stageOf(index) }),
  );
  return { supervisor, tasks };
}

describe("a shutdown of very many tasks takes linear time", { timeout: 120_000 }, () => {
  it.each<[string, number, (index: number) => number]>([
    ["in one stage", TASKS, () => 0],
    ["in three stages", TASKS, (index) => index % 3],
    ["each in its own stage", 50_000, (index) => index],
    ["each in its own stage, the last created first", 50_000, (index) => 50_000 - index],
  ])("a shutdown of very many tasks takes linear time: %s (V4)", async (_, count, stageOf) => {
    await quickly(async () => {
      const { supervisor } = supervise(stageOf, count);
      expect(await supervisor.shutdown()).toMatchObject({ cancelled: count });
    });
  });

  it("a shutdown with a grace, and then the end of the grace, takes linear time (V4)", async () => {
    await quickly(async () => {
      const { supervisor } = supervise(() => 0);
      void supervisor.shutdown({ grace: 1_000, timeout: 10_000 });
      expect(await supervisor.shutdown()).toMatchObject({ cancelled: TASKS });
    });
  });

  it("a shutdown called by each of very many tasks takes linear time (V4, V6)", async () => {
    await quickly(async () => {
      const { supervisor, tasks } = supervise((index) => index % 2);
      const reports: Promise<ShutdownReport>[] = [];
      for (const { scope } of tasks) reports.push(supervisor.shutdown({ grace: Infinity, requestedBy: scope }));
      for (const task of tasks) task.cancel();
      await supervisor.join();
      expect((await Promise.all(reports)).length).toBe(TASKS);
    });
  });

  it("a shutdown that abandons all tasks at once takes linear time (V4)", async () => {
    await quickly(async () => {
      const { supervisor } = supervise((index) => index % 7);
      const { abandoned } = await supervisor.shutdown({ grace: Infinity, timeout: 0 });
      expect(abandoned).toHaveLength(TASKS);
      expect(supervisor.size).toBe(0);
    });
  });
});
