import { AsyncLocalStorage } from "node:async_hooks";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, type Task } from "../src/index.js";
import { StartQueue } from "../src/start-queue.js";
import { TaskRecord } from "../src/task.js";
import { microtasks } from "./watching.js";

/** A queue of tasks that are numbered, and a log of what became of each. */
function makeQueue() {
  const parent = new CancelScope();
  const started: number[] = [];
  const dropped: [number: number, reason: unknown][] = [];
  const queue = new StartQueue({ taskDropped: (task, reason) => void dropped.push([Number(task.name), reason]) });
  let count = 0;
  function push(): TaskRecord<unknown> {
    const number = count++;
    const start = (): void => void started.push(number);
    const task = new TaskRecord<unknown>({ taskEnded() {} }, parent, start, String(number));
    queue.push(task, start);
    return task;
  }
  return { parent, queue, push, started, dropped };
}

describe("StartQueue", () => {
  it("calls the first in, first (T8)", async () => {
    const { queue, push, started } = makeQueue();
    for (let i = 0; i < 3; i++) push();
    queue.callFirst();
    queue.callFirst();
    await microtasks(1);
    expect([started, queue.isEmpty]).toEqual([[0, 1], false]);
    queue.callFirst();
    expect(queue.isEmpty).toBe(true);
    await microtasks(1);
    expect(started).toEqual([0, 1, 2]);
  });

  it("does nothing where there is nobody to call", () => {
    const { queue } = makeQueue();
    queue.callFirst();
    expect(queue.isEmpty).toBe(true);
  });

  it("drops at once whoever is cancelled before the call, and tells why (T8)", async () => {
    const { queue, push, started, dropped } = makeQueue();
    const task = push();
    task.cancel("changed my mind");
    expect(queue.isEmpty).toBe(true);
    expect(dropped).toEqual([[0, task.scope.reason]]);
    await microtasks(1);
    expect(started).toEqual([]);
  });

  it("does not start who is cancelled between the call and the start (T8)", async () => {
    const { queue, push, started, dropped } = makeQueue();
    const task = push();
    queue.callFirst();
    task.cancel();
    await microtasks(1);
    expect([started, dropped, task.status]).toEqual([[], [], "cancelled"]);
  });

  it("goes on behind whoever is left, when the last is cancelled (T8)", async () => {
    const { queue, push, started } = makeQueue();
    push();
    push().cancel();
    push();
    while (!queue.isEmpty) queue.callFirst();
    await microtasks(1);
    expect(started).toEqual([0, 2]);
  });

  it("passes by scopes that are no tasks', between those of who waits (T8)", async () => {
    const { parent, queue, push, started } = makeQueue();
    push();
    new CancelScope({ parent });
    push();
    while (!queue.isEmpty) queue.callFirst();
    await microtasks(1);
    expect(started).toEqual([0, 1]);
  });

  it("drops everyone, in order, where the owner's scope is cancelled (T8, S2)", () => {
    const { parent, queue, push, dropped } = makeQueue();
    for (let i = 0; i < 3; i++) push();
    parent.cancel();
    expect(dropped).toEqual([0, 1, 2].map((number) => [number, parent.reason]));
    expect(queue.isEmpty).toBe(true);
  });

  it("drops who is out of reach of any cancellation, the scope having been closed by hand (T1)", () => {
    const { queue, push, dropped } = makeQueue();
    push().scope.close();
    expect(queue.isEmpty).toBe(true);
    const error = new ClosedError("A task's scope was closed before the task's turn came.");
    expect(dropped).toEqual([[0, error]]);
  });

  it("starts a task in the async context that it was made in, not in that of whoever made room", async () => {
    const storage = new AsyncLocalStorage<string>();
    const parent = new CancelScope();
    const queue = new StartQueue({ taskDropped() {} });
    let seen: string | undefined;
    const start = (): void => void (seen = storage.getStore());
    storage.run("its own", () => queue.push(new TaskRecord({ taskEnded() {} }, parent, start, "task"), start));
    storage.run("of another", () => queue.callFirst());
    await microtasks(1);
    expect(seen).toBe("its own");
  });

  it("is a queue, whatever happens in whatever order (T8)", async () => {
    const operation = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ kind: "push" as const, which: 0 }) },
      fc.record({ kind: fc.constantFrom("cancel" as const, "close" as const, "call" as const), which: fc.nat(20) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40, size: "max" }), async (operations) => {
        const { queue, push, started, dropped } = makeQueue();
        const tasks: Task<unknown>[] = [];
        let waiting: number[] = [];
        const expectedStarted: number[] = [];
        const expectedDropped: number[] = [];
        for (const { kind, which } of operations) {
          const chosen = waiting[which % Math.max(1, waiting.length)];
          if (kind === "push") {
            waiting.push(tasks.push(push()) - 1);
          } else if (kind === "call") {
            queue.callFirst();
            expectedStarted.push(...waiting.splice(0, 1));
          } else if (chosen !== undefined) {
            tasks[chosen]!.scope[kind]();
            expectedDropped.push(chosen);
            waiting = waiting.filter((number) => number !== chosen);
          }
          expect(queue.isEmpty).toBe(waiting.length === 0);
        }
        for (const number of waiting) {
          queue.callFirst();
          expectedStarted.push(number);
        }
        expect(queue.isEmpty).toBe(true);
        await microtasks(1);
        expect(started).toEqual(expectedStarted);
        expect(dropped.map(([number]) => number)).toEqual(expectedDropped);
      }),
    );
  });

  describe("removes in constant time (T8)", () => {
    const orders: [string, (tasks: Task<unknown>[]) => Task<unknown>[]][] = [
      ["from the front", (tasks) => tasks],
      ["from the back", (tasks) => tasks.reverse()],
      ["from the middle", (tasks) => tasks.map((_, index) => tasks[(index + (tasks.length >> 1)) % tasks.length]!)],
      ["at random", (tasks) => shuffled(tasks)],
    ];

    it.each(orders)("%s: as many looks at links per task among 4,000 as among 40", (_, order) => {
      expect(linksReadPerRemoval(4_000, order)).toBeLessThanOrEqual(linksReadPerRemoval(40, order) * 1.1);
    });

    it("100,000 tasks, at random", () => {
      const { queue, push, dropped } = makeQueue();
      for (const task of shuffled(Array.from({ length: 100_000 }, push))) task.cancel();
      expect([dropped.length, queue.isEmpty]).toEqual([100_000, true]);
    });
  });
});

/** How often a property of an entry of the queue is read or written per entry, when all are cancelled one by one. */
function linksReadPerRemoval(length: number, order: (tasks: Task<unknown>[]) => Task<unknown>[]): number {
  const { push } = makeQueue();
  const tasks = Array.from({ length }, push);
  let count = 0;
  for (const task of tasks) {
    // The entry waits on its task's scope.
    const entry = (task.scope as unknown as { _waiters: Record<string, unknown> })._waiters;
    for (const key of Object.keys(entry)) {
      let value = entry[key];
      Object.defineProperty(entry, key, {
        get() {
          count++;
          return value;
        },
        set(next) {
          count++;
          value = next;
        },
      });
    }
  }
  for (const task of order(tasks)) task.cancel();
  expect(count).toBeGreaterThan(length);
  return count / length;
}

/** The same order on every run. */
function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  let seed = 1;
  for (let i = result.length - 1; i > 0; i--) {
    seed = (seed * 48_271) % 2_147_483_647;
    const j = seed % (i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
