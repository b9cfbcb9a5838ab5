import { CancelScope, type TaskFunction } from "@selvage/scope";
import { asCompleted, type CompletedTask } from "@selvage/task-group";
import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";

const after =
  <T>(ms: number, value: T): TaskFunction<T> =>
  (scope) =>
    scope.sleep(ms).then(() => value);

describe("asCompleted", () => {
  it("asCompleted yields done tasks in order of completion, not their values (V10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const seen: unknown[] = [];
    const fns = [after(30, "c"), after(10, "a"), () => Promise.reject(new Error("at once")), after(20, "b")];
    for await (const task of asCompleted(fns, { clock })) {
      expect(task.done).toBe(true);
      seen.push(task.status === "rejected" ? task.exception() : task.result());
    }
    expect(seen).toEqual([new Error("at once"), "a", "b", "c"]);
    expect(clock.pending).toBe(0);
  });

  it("asCompleted cancels and waits for the rest when the loop is left by break (V10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let cleanedAt = -1;
    const slow: TaskFunction<string> = async (scope) => {
      try {
        await scope.sleep(Infinity);
      } finally {
        const cleanup = new CancelScope({ parent: scope, shield: true });
        await cleanup.sleep(40);
        cleanup.close();
        cleanedAt = clock.now();
      }
      return "slow";
    };
    for await (const task of asCompleted([slow, after(10, "first")], { clock })) {
      expect(task.result()).toBe("first");
      break;
    }
    expect(cleanedAt).toBe(50);
    expect(clock.pending).toBe(0);
  });

  it("asCompleted waits for the rest also when the loop is left by a throw, whose error wins (V10)", async () => {
    let interrupted = false;
    const slow: TaskFunction<void> = async (scope) => {
      try {
        await scope.sleep(Infinity);
      } finally {
        interrupted = true;
      }
    };
    const loop = async (): Promise<void> => {
      for await (const task of asCompleted<TaskFunction<unknown>[]>([slow, () => 1])) {
        throw new Error(`no use for ${String(task.result())}`);
      }
    };
    await expect(loop()).rejects.toThrow("no use for 1");
    expect(interrupted).toBe(true);
  });

  it("asCompleted loses no error of the rest that fails while it is cancelled (V10)", async () => {
    const error = new Error("the cleanup failed");
    const slow: TaskFunction<void> = async (scope) => {
      await scope.sleep(Infinity).catch(() => Promise.reject(error));
    };
    const loop = async (): Promise<void> => {
      for await (const task of asCompleted<TaskFunction<unknown>[]>([slow, () => 1])) {
        if (task.done) break;
      }
    };
    await expect(loop()).rejects.toMatchObject({ name: "ExceptionGroup", errors: [error] });
  });

  it("asCompleted yields every task that an outer cancellation ends, then rejects with the cancellation (V10)", async () => {
    const scope = new CancelScope();
    const statuses: string[] = [];
    const loop = async (): Promise<void> => {
      const fns: TaskFunction<unknown>[] = [() => "done", (own) => own.sleep(Infinity)];
      for await (const task of asCompleted(fns, { parent: scope })) {
        statuses.push(task.status);
        scope.cancel("outer");
      }
    };
    await expect(loop()).rejects.toMatchObject({ name: "AbortError", cause: "outer" });
    expect(statuses).toEqual(["fulfilled", "cancelled"]);
    scope.close(); // it could not be closed if the iteration's own scope were still open
  });

  it("asCompleted answers next() calls in their order, also before a task has ended, and is done for good (V10)", async () => {
    const clock = new VirtualClock();
    const iterator = asCompleted([after(20, "b"), after(10, "a")], { clock })[Symbol.asyncIterator]();
    const steps = [iterator.next(), iterator.next(), iterator.next()];
    await clock.advance(20);
    const results = await Promise.all(steps);
    expect(results.map(({ done, value }) => [done, (value as CompletedTask<string> | undefined)?.result()])).toEqual([
      [false, "a"],
      [false, "b"],
      [true, undefined],
    ]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("asCompleted calls no function before it is iterated, and is iterated once (V10)", async () => {
    let calls = 0;
    const tasks = asCompleted([() => ++calls]);
    await settled();
    expect(calls).toBe(0);
    for await (const task of tasks) expect(task.result()).toBe(1);
    expect(() => tasks[Symbol.asyncIterator]()).toThrow("asCompleted() is iterated once");
  });

  it("asCompleted yields nothing for an empty array, and yields 100,000 tasks (V10)", async () => {
    for await (const task of asCompleted([])) expect(task).toBe("never");
    const fns = Array.from({ length: 100_000 }, (_, index) => () => index);
    let sum = 0;
    for await (const task of asCompleted(fns)) sum += task.result();
    expect(sum).toBe((100_000 * 99_999) / 2);
  });

  it("asCompleted refuses, synchronously, a value that is not an array of functions, and bad options (V10)", () => {
    expect(() => asCompleted("tasks" as never)).toThrow(TypeError);
    expect(() => asCompleted([() => 1, null as never])).toThrow("Task 1 must be a function");
    expect(() => asCompleted([], { limit: 1.5 })).toThrow(RangeError);
  });

  it("asCompleted is typed as an iterable of tasks with the functions' results (V10)", () => {
    const iterable = asCompleted([async () => "a", () => 1]);
    expectTypeOf(iterable).toEqualTypeOf<AsyncIterable<CompletedTask<string | number>>>();
  });
});

describe("asCompleted with items", () => {
  it("asCompleted calls fn for each item, and yields the tasks as they end (V10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const order: number[] = [];
    const nap = async (ms: number, scope: CancelScope, index: number): Promise<number> => (
      await scope.sleep(ms),
      index
    );
    for await (const task of asCompleted(new Set([30, 10, 20]), nap, { clock })) {
      expectTypeOf(task).toEqualTypeOf<CompletedTask<number>>();
      expect(task.name).toBe("nap");
      order.push(task.result());
    }
    expect(order).toEqual([1, 2, 0]);
  });

  it("asCompleted pulls items no faster than the limit allows, also from an endless source (V10, T12)", async () => {
    let pulled = 0;
    function* endless(): Generator<number> {
      for (;;) yield pulled++;
    }
    let done = 0;
    for await (const task of asCompleted(endless(), (n) => n, { limit: 2 })) {
      expect(task.result()).toBe(done);
      if (++done === 10) break;
    }
    expect(pulled).toBeLessThan(20);
  });

  it("asCompleted accepts an asynchronous source, and releases it when the loop is left (V10, T12)", async () => {
    let isReleased = false;
    async function* pages(): AsyncGenerator<number> {
      try {
        for (let page = 0; ; page++) yield page;
      } finally {
        isReleased = true;
      }
    }
    for await (const task of asCompleted(pages(), async (page) => page, { limit: 1 })) if (task.result() === 3) break;
    expect(isReleased).toBe(true);
  });

  it("asCompleted of no items yields nothing (V10)", async () => {
    for await (const task of asCompleted([], () => 1)) expect.unreachable(task.name);
  });

  it("asCompleted yields the running tasks if the source fails, then throws a group of its error (V10)", async () => {
    const error = new Error("source");
    function* failing(): Generator<number> {
      yield 1;
      throw error;
    }
    const seen: number[] = [];
    const looping = async (): Promise<void> => {
      for await (const task of asCompleted(failing(), async (n, scope) => (await scope.sleep(1), n)))
        seen.push(task.result());
    };
    await expect(looping()).rejects.toMatchObject({ errors: [error] });
    expect(seen).toEqual([1]);
  });

  it("asCompleted rejects with an outer owner's cancellation that prevented items from being pulled (V10, T5)", async () => {
    using parent = new CancelScope();
    const seen: unknown[] = [];
    const looping = async (): Promise<void> => {
      for await (const task of asCompleted([1, 2], (n) => (parent.cancel(), n), { parent, limit: 1 }))
        seen.push(task.result());
    };
    await expect(looping()).rejects.toBe(parent.reason);
    expect(seen).toEqual([1]);
  });

  it("asCompleted refuses, synchronously, items that are not iterable (V10)", () => {
    expect(() => asCompleted(5 as never, () => 1)).toThrow(
      "asCompleted() needs an iterable or an async iterable, got 5.",
    );
  });
});
