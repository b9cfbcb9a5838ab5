import { AsyncLocalStorage } from "node:async_hooks";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { CancelScope, ClosedError, type Task } from "../../src/index.js";
import { TaskOwner } from "../../src/lowlevel.js";
import { StartQueue } from "../../src/task/start-queue.js";
import { TaskRecord } from "../../src/task/task-record.js";
import { microtasks } from "../watching.js";

/** A queue of numbered tasks, and a log of the tasks that were started and dropped. */
function makeQueue() {
  const scope = new CancelScope();
  const started: number[] = [];
  const dropped: [number: number, reason: unknown][] = [];
  const owner = {
    scope,
    get size(): number {
      return queue.length + started.length + dropped.length;
    },
    taskDropped: (task: Task<unknown>, reason: unknown) => void dropped.push([Number(task.name), reason]),
  };
  const queue = new StartQueue(owner);
  let count = 0;
  function push(): TaskRecord<unknown> {
    const number = count++;
    const start = (): void => void started.push(number);
    const task = new TaskRecord<unknown>({ link: undefined, taskEnded() {} }, scope, start, String(number));
    queue.push(task, start);
    return task;
  }
  /** Makes room for one more task. */
  function startNext(): void {
    queue.limit = started.length + 1;
    queue.startWhileFree();
  }
  return { scope, queue, push, startNext, started, dropped };
}

/** An owner with a limit, children that the test ends, and the order in which they started. */
function makeSet(limit: number) {
  const set = new TaskOwner("Test", { limit }, { taskEnded() {} });
  const started: number[] = [];
  const ends: (() => void)[] = [];
  function add(): Task<void> {
    const index = ends.length;
    ends.push(() => {});
    return set.createTask(() => {
      started.push(index);
      return new Promise<void>((resolve) => (ends[index] = resolve));
    });
  }
  return { set, started, ends, add };
}

describe("StartQueue", () => {
  it("the queue starts tasks first in, first out, in the step in which there is room (T8)", () => {
    const { queue, push, startNext, started } = makeQueue();
    for (let i = 0; i < 3; i++) push();
    startNext();
    startNext();
    expect([started, queue.length]).toEqual([[0, 1], 1]);
    startNext();
    expect([started, queue.length]).toEqual([[0, 1, 2], 0]);
  });

  it("an empty queue does nothing (T8)", () => {
    const { queue, startNext } = makeQueue();
    startNext();
    expect(queue.length).toBe(0);
  });

  it("a queued task that is cancelled is dropped at once, and never starts (T8)", async () => {
    const { queue, push, startNext, started, dropped } = makeQueue();
    const task = push();
    task.cancel("changed my mind");
    expect(queue.length).toBe(0);
    expect(dropped).toEqual([[0, task.scope.reason]]);
    startNext();
    await microtasks(1);
    expect(started).toEqual([]);
  });

  it("a queued task whose deadline passed unnoticed never starts, and does not end in the same step (T8, S9, K1)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer() {} };
    const set = new TaskOwner("Test", { limit: 1, clock }, { taskEnded() {} });
    let end = (): void => {};
    const first = set.createTask(() => new Promise<void>((resolve) => (end = resolve)));
    const second = set.createTask(() => expect.unreachable());
    const third = set.createTask(() => "third");
    second.scope.deadline = 10;
    time = 10;
    end();
    expect(await first).toBeUndefined();
    await set.finish();
    expect([second.status, third.status]).toEqual(["cancelled", "fulfilled"]);
  });

  it("the queue continues after a task that is cancelled (T8)", () => {
    const { queue, push, startNext, started } = makeQueue();
    push();
    push().cancel();
    push();
    while (queue.length > 0) startNext();
    expect(started).toEqual([0, 2]);
  });

  it("the queue skips scopes that do not belong to tasks, between queued ones (T8)", () => {
    const { scope, queue, push, startNext, started } = makeQueue();
    push();
    new CancelScope({ parent: scope });
    push();
    while (queue.length > 0) startNext();
    expect(started).toEqual([0, 1]);
  });

  it("the queue drops all tasks in order when the owner's scope is cancelled (T8, S2)", () => {
    const { scope, queue, push, dropped } = makeQueue();
    for (let i = 0; i < 3; i++) push();
    scope.cancel();
    expect(dropped).toEqual([0, 1, 2].map((number) => [number, scope.reason]));
    expect(queue.length).toBe(0);
  });

  it("the queue drops a task whose scope was closed by hand, because no cancellation would reach it (T1)", () => {
    const { queue, push, dropped } = makeQueue();
    push().scope.close();
    expect(queue.length).toBe(0);
    expect(dropped).toEqual([
      [0, new ClosedError("The scope of a queued task was closed, so the task can never start.")],
    ]);
  });

  it("a queued task starts in the async context of the code that created it, not of the code that made room (T8, C1)", async () => {
    const storage = new AsyncLocalStorage<string>();
    const { set, ends, add } = makeSet(1);
    let seen: string | undefined;
    add();
    const waiting = storage.run("its maker's", () => set.createTask(() => void (seen = storage.getStore())));
    storage.run("another's", () => ends[0]!());
    await waiting;
    expect(seen).toBe("its maker's");
  });

  it("a queued task starts in its creator's async context without AsyncResource, too, in a microtask (T8, C1)", async () => {
    vi.resetModules();
    const lookUp = vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    try {
      const { TaskOwner: Set } = await import("../../src/lowlevel.js");
      const storage = new AsyncLocalStorage<string>();
      const set = new Set("Test", { limit: 1 }, { taskEnded() {} });
      let end = (): void => {};
      let seen: string | undefined;
      set.createTask(() => new Promise<void>((resolve) => (end = resolve)));
      const waiting = storage.run("its maker's", () => set.createTask(() => void (seen = storage.getStore())));
      storage.run("another's", () => {
        end();
      });
      await waiting;
      expect(seen).toBe("its maker's");
    } finally {
      lookUp.mockRestore();
      vi.resetModules();
    }
  });

  it("no task starts before one whose turn came earlier and that has not begun, without AsyncResource (T8)", async () => {
    vi.resetModules();
    const lookUp = vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    try {
      const { TaskOwner: Set } = await import("../../src/lowlevel.js");
      const set = new Set("Test", { limit: 1 }, { taskEnded() {} });
      const started: number[] = [];
      const add = (index: number): Task<void> =>
        set.createTask((scope) => {
          started.push(index);
          return scope.sleep(Infinity);
        });
      const tasks = [add(0), add(1), add(2)];
      set.limit = 5;
      tasks.push(add(3)); // In the same step.
      await microtasks(3);
      expect(started).toEqual([0, 1, 2, 3]);
      for (const task of tasks) task.cancel();
      await set.finish();
    } finally {
      lookUp.mockRestore();
      vi.resetModules();
    }
  });

  it("the queue behaves as a simple list under random operations (T8)", async () => {
    const operation = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ kind: "push" as const, which: 0 }) },
      fc.record({ kind: fc.constantFrom("cancel" as const, "close" as const, "call" as const), which: fc.nat(20) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 40, size: "max" }), async (operations) => {
        const { queue, push, startNext, started, dropped } = makeQueue();
        const tasks: Task<unknown>[] = [];
        let waiting: number[] = [];
        const expectedStarted: number[] = [];
        const expectedDropped: number[] = [];
        for (const { kind, which } of operations) {
          const chosen = waiting[which % Math.max(1, waiting.length)];
          if (kind === "push") {
            waiting.push(tasks.push(push()) - 1);
          } else if (kind === "call") {
            startNext();
            expectedStarted.push(...waiting.splice(0, 1));
          } else if (chosen !== undefined) {
            tasks[chosen]!.scope[kind]();
            expectedDropped.push(chosen);
            waiting = waiting.filter((number) => number !== chosen);
          }
          expect(queue.length).toBe(waiting.length);
        }
        for (const number of waiting) {
          startNext();
          expectedStarted.push(number);
        }
        expect(queue.length).toBe(0);
        expect(started).toEqual(expectedStarted);
        expect(dropped.map(([number]) => number)).toEqual(expectedDropped);
      }),
    );
  });

  describe("removal in constant time (T8)", () => {
    const orders: [string, (tasks: Task<unknown>[]) => Task<unknown>[]][] = [
      ["from the front", (tasks) => tasks],
      ["from the back", (tasks) => tasks.reverse()],
      ["from the middle", (tasks) => tasks.map((_, index) => tasks[(index + (tasks.length >> 1)) % tasks.length]!)],
      ["at random", (tasks) => shuffled(tasks)],
    ];

    it.each(orders)(
      "removing tasks %s reads as many links per task from a queue of 4,000 as from one of 40",
      (_, order) => {
        expect(linksReadPerRemoval(4_000, order)).toBeLessThanOrEqual(linksReadPerRemoval(40, order) * 1.1);
      },
    );

    it("100,000 queued tasks can be cancelled at random", () => {
      const { queue, push, dropped } = makeQueue();
      for (const task of shuffled(Array.from({ length: 100_000 }, push))) task.cancel();
      expect([dropped.length, queue.length]).toEqual([100_000, 0]);
    });
  });
});

describe("the limit of an owner", () => {
  it("raising the limit starts waiting children at once (T8)", async () => {
    const { set, started, ends, add } = makeSet(1);
    const tasks = Array.from({ length: 4 }, add);
    expect(tasks.map(({ queued }) => queued)).toEqual([false, true, true, true]);
    set.limit = 3;
    expect(started).toEqual([0, 1, 2]);
    expect(tasks.map(({ queued }) => queued)).toEqual([false, false, false, true]);
    set.limit = Infinity;
    expect([started, set.limit, set.queued]).toEqual([[0, 1, 2, 3], Infinity, 0]);
    for (const end of ends) end();
    await set.finish();
    expect(tasks.map(({ queued }) => queued)).toEqual([false, false, false, false]);
  });

  it("lowering the limit takes effect as children end (T8)", async () => {
    const { set, started, ends, add } = makeSet(3);
    for (let i = 0; i < 6; i++) add();
    set.limit = 1;
    expect([started, set.size, set.queued]).toEqual([[0, 1, 2], 6, 3]);
    ends[0]!();
    await microtasks(3);
    ends[1]!();
    await microtasks(3);
    expect(started).toEqual([0, 1, 2]);
    ends[2]!();
    await microtasks(3);
    expect(started).toEqual([0, 1, 2, 3]);
    set.limit = Infinity;
    for (const end of ends) end();
    await set.finish();
  });

  it("a limit may be set on an owner that had none, for later children (T8)", async () => {
    const { set, started, ends, add } = makeSet(Infinity);
    expect(set.limit).toBe(Infinity);
    add();
    add();
    set.limit = 1;
    expect(set.limit).toBe(1);
    add();
    expect(started).toEqual([0, 1]);
    ends[0]!();
    await microtasks(3);
    expect(started).toEqual([0, 1]);
    ends[1]!();
    await microtasks(3);
    expect(started).toEqual([0, 1, 2]);
    ends[2]!();
    await set.finish();
  });

  it.each([["2"], [null], [{}], [true], [2n]])(
    "setting the limit to %s throws a TypeError, and does not change it (T8)",
    (limit) => {
      const { set } = makeSet(2);
      expect(() => (set.limit = limit as never)).toThrow(TypeError);
      expect(set.limit).toBe(2);
    },
  );

  it.each([0, -1, 1.5, NaN, -Infinity])(
    "setting the limit to %d throws a RangeError, and does not change it (T8)",
    (limit) => {
      const { set } = makeSet(2);
      expect(() => (set.limit = limit)).toThrow(RangeError);
      expect(set.limit).toBe(2);
    },
  );

  it("the limit is never exceeded, and children start in order, under random cancels and changes of the limit (T8)", async () => {
    const operation = fc.oneof(
      fc.constant({ kind: "add" as const, which: 0 }),
      fc.record({
        kind: fc.constantFrom("add" as const, "cancel" as const, "end" as const, "limit" as const),
        which: fc.nat(20),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 30, size: "max" }), async (operations) => {
        const { set, started, ends, add } = makeSet(1);
        const tasks: Task<void>[] = [];
        const cancelled = new Set<number>();
        for (const { kind, which } of operations) {
          const running = started.filter((index) => !tasks[index]?.done);
          const before = running.length;
          if (kind === "add") tasks.push(add());
          else if (kind === "limit") set.limit = (which % 4) + 1;
          else if (kind === "end" && running.length > 0) ends[running[which % running.length]!]!();
          else if (kind === "cancel" && tasks.length > 0) {
            const index = which % tasks.length;
            if (tasks[index]!.queued) cancelled.add(index);
            tasks[index]!.cancel();
          }
          await microtasks(5);
          const after = started.filter((index) => !tasks[index]?.done).length;
          expect(after).toBeLessThanOrEqual(Math.max(before, Number(set.limit)));
          if (set.queued > 0) expect(after).toBeGreaterThanOrEqual(Number(set.limit));
        }
        set.limit = Infinity;
        expect(started).toEqual(tasks.map((_, index) => index).filter((index) => !cancelled.has(index)));
        for (const end of ends) end();
        await set.finish();
      }),
    );
  });
});

/** How often a property of a queue entry is read or written per entry, when all entries are cancelled one by one. */
function linksReadPerRemoval(length: number, order: (tasks: Task<unknown>[]) => Task<unknown>[]): number {
  const { push } = makeQueue();
  const tasks = Array.from({ length }, push);
  let count = 0;
  for (const task of tasks) {
    // The entry is a waiter of its task's scope.
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

/** Shuffles in the same order on every run. */
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
