import { deferred } from "@selvage/scope/internal";
import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, ExceptionGroup, type Task, TaskGroup } from "../src/index.js";
import { errorsOf, microtasks, outcomeOf } from "./outcome.js";

/** A child that waits for its cancellation. */
const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);
const nothing = (): void => {};
const failing = (): Promise<never> => Promise.reject(new Error("no"));

/** A child that fails while it unwinds, after a turn of the event loop. */
async function failingInCleanup(scope: CancelScope): Promise<void> {
  await forever(scope).catch(nothing);
  await new Promise((resolve) => setImmediate(resolve));
  throw new Error("cleanup");
}

describe("group.join", () => {
  it("waits for all children, those included that come meanwhile (T7)", async () => {
    const group = new TaskGroup();
    const log: string[] = [];
    group.createTask(async (scope) => {
      await scope.checkpoint();
      log.push("child");
      group.createTask(async (inner) => {
        await inner.checkpoint();
        log.push("grandchild");
      });
    });
    expect(await group.join()).toBeUndefined();
    expect(log).toEqual(["child", "grandchild"]);
  });

  it("is memoised: one promise, before the end and after (T7)", async () => {
    const group = new TaskGroup();
    group.createTask(nothing);
    const joined = group.join();
    expect(group.join()).toBe(joined);
    await joined;
    expect(group.join()).toBe(joined);
  });

  it("throws as run would: the group of errors, the same one each time (T7, T3)", async () => {
    const group = new TaskGroup();
    group.createTask(failing);
    const sibling = group.createTask(forever);
    const { error } = await outcomeOf(group.join());
    expect(await errorsOf(group.join())).toEqual([new Error("no")]);
    expect((await outcomeOf(group.join())).error).toBe(error);
    expect(sibling.status).toBe("cancelled");
  });

  it("throws as run would: the outer CancelledError where a child was cut by it (T7, T5)", async () => {
    const parent = new CancelScope();
    const group = new TaskGroup({ parent });
    group.createTask(forever);
    parent.cancel();
    expect((await outcomeOf(group.join())).error).toBe(parent.reason);
    parent.close();
  });

  it("resolves where an outer owner cancelled but nothing was cut, or the group itself (T7, T4, T5)", async () => {
    const parent = new CancelScope();
    const uncut = new TaskGroup({ parent });
    uncut.createTask(nothing);
    parent.cancel();
    await uncut.join();
    const cancelled = new TaskGroup();
    cancelled.createTask(forever);
    cancelled.cancel();
    await cancelled.join();
    parent.close();
  });

  it("called before anything has failed rejects with what fails later (T7)", async () => {
    const group = new TaskGroup();
    const { promise, reject } = deferred<never>();
    group.createTask(() => promise);
    const joined = group.join();
    await settled();
    reject(new Error("later"));
    expect(await errorsOf(joined)).toEqual([new Error("later")]);
  });

  it("called after everything has failed rejects with it (T7)", async () => {
    const group = new TaskGroup();
    group.createTask(failing);
    await settled();
    expect(group.size).toBe(0);
    expect(await errorsOf(group.join())).toEqual([new Error("no")]);
  });

  it("leaves the group open until it settles, and finished then (T7, T6)", async () => {
    const group = new TaskGroup();
    const joined = group.join();
    const task = group.createTask((scope) => scope.checkpoint().then(() => "waited for"));
    await joined;
    expect(task.result()).toBe("waited for");
    expect(() => group.createTask(nothing)).toThrow(ClosedError);
  });

  it("detaches the group from its parent (T7, S16)", async () => {
    const parent = new CancelScope();
    const group = new TaskGroup({ parent });
    group.createTask(() => Promise.resolve());
    expect(() => parent.close()).toThrow();
    await group.join();
    parent.close();
  });

  it("is the business of whoever calls it: a failure that nobody awaits is not hushed up (T7)", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    const listeners = process.rawListeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
    try {
      const group = new TaskGroup();
      group.createTask(failing);
      void group.join();
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([expect.any(ExceptionGroup)]);
    } finally {
      process.off("unhandledRejection", note);
      for (const listener of listeners) process.on("unhandledRejection", listener as () => void);
    }
  });
});

describe("group.join in the body of a run", () => {
  it("is a barrier: the body goes on when all children have ended, and the group accepts no more (T7, T6)", async () => {
    const log: string[] = [];
    const value = await TaskGroup.run(async (group) => {
      group.createTask(async (scope) => {
        await scope.checkpoint();
        log.push("child");
      });
      await group.join();
      log.push("body");
      expect(() => group.createTask(nothing)).toThrow(
        new ClosedError("This TaskGroup was joined, and accepts no more tasks: make a new one."),
      );
      await group.scope.checkpoint();
      return "value";
    });
    expect([log, value]).toEqual([["child", "body"], "value"]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    "waits for a child that comes %d microtasks after the last has ended, or refuses it (T7, T6)",
    async (count) => {
      let created: Task<unknown> | undefined;
      let refused: unknown;
      await TaskGroup.run(async (group) => {
        group.createTask(nothing).addDoneCallback(() => {
          void microtasks(count).then(() => {
            try {
              created = group.createTask((scope) => scope.checkpoint());
            } catch (error) {
              refused = error;
            }
          });
        });
        await group.join();
        expect([group.size, created?.status ?? "refused"]).toEqual([
          0,
          created === undefined ? "refused" : "fulfilled",
        ]);
        await microtasks(10);
      });
      if (created === undefined) expect(refused).toBeInstanceOf(ClosedError);
    },
  );

  it("throws into the body; run rejects with the same group, not one within another (T7, T3)", async () => {
    let thrown: unknown;
    const run = TaskGroup.run(async (group) => {
      group.createTask(failing);
      await group.join().catch((error: unknown) => {
        thrown = error;
        throw error;
      });
    });
    const { error } = await outcomeOf(run);
    expect(error).toBe(thrown);
    expect((error as ExceptionGroup).errors).toEqual([new Error("no")]);
  });

  it("cannot make the failure undone: run rejects although the body caught it (T7, T3)", async () => {
    const run = TaskGroup.run(async (group) => {
      group.createTask(failing);
      await group.join().catch(nothing);
      return "value";
    });
    expect(await errorsOf(run)).toEqual([new Error("no")]);
  });

  it("adds to what the body throws afterwards (T7, T3)", async () => {
    const run = TaskGroup.run(async (group) => {
      group.createTask(failing);
      await group.join().catch(nothing);
      throw new Error("body");
    });
    expect(await errorsOf(run)).toEqual([new Error("no"), new Error("body")]);
  });

  it("that nobody awaits is no unhandled rejection: run has the errors (T7)", async () => {
    const run = TaskGroup.run((group) => {
      void group.join();
      group.createTask(failing);
      return new Promise((resolve) => setImmediate(resolve));
    });
    expect(await errorsOf(run)).toEqual([new Error("no")]);
  });

  it("may be called from outside while the body runs, which is not waited for (T7)", async () => {
    const { promise, resolve } = deferred<string>();
    let group: TaskGroup | undefined;
    const run = TaskGroup.run((given) => {
      group = given;
      given.createTask(nothing);
      return promise;
    });
    await group?.join();
    resolve("value");
    expect(await run).toBe("value");
  });
});

describe("await using group", () => {
  it("leaves after join with nothing left to do (T7)", async () => {
    let task: Task<string> | undefined;
    let group: TaskGroup | undefined;
    {
      await using own = new TaskGroup();
      group = own;
      task = own.createTask((scope) => scope.checkpoint().then(() => "done"));
      await own.join();
    }
    expect([task.result(), group.scope.cancelled]).toEqual(["done", false]);
  });

  it("passes on what join throws, once (T7)", async () => {
    async function block(): Promise<void> {
      await using group = new TaskGroup();
      group.createTask(failing);
      await group.join();
    }
    expect(await errorsOf(block())).toEqual([new Error("no")]);
  });

  it("passes on the outer CancelledError that join throws, once (T7, T5)", async () => {
    const parent = new CancelScope();
    async function block(): Promise<void> {
      await using group = new TaskGroup({ parent });
      group.createTask(forever);
      await group.join();
    }
    const outcome = outcomeOf(block());
    parent.cancel();
    expect((await outcome).error).toBe(parent.reason);
    parent.close();
  });

  it("cancels what is left and waits for it, where the block throws; the error passes as it is (T7)", async () => {
    const tasks: Task<void>[] = [];
    const error = new Error("block");
    async function block(): Promise<void> {
      await using group = new TaskGroup();
      tasks.push(group.createTask(forever));
      tasks.push(
        group.createTask(async (scope) => {
          await forever(scope).catch(nothing);
          await new Promise((resolve) => setImmediate(resolve));
        }),
      );
      throw error;
    }
    expect((await outcomeOf(block())).error).toBe(error);
    expect(tasks.map(({ status }) => status)).toEqual(["cancelled", "fulfilled"]);
    expect(tasks[0]!.scope.reason).toMatchObject({ cause: "the group was left without join()" });
  });

  it("cancels what is left and waits for it, where the block returns early; the value is kept (T7)", async () => {
    let task: Task<void> | undefined;
    async function block(hurry: boolean): Promise<string> {
      await using group = new TaskGroup();
      task = group.createTask(forever);
      if (hurry) return "early";
      await group.join();
      return "late";
    }
    expect(await block(true)).toBe("early");
    expect(task?.status).toBe("cancelled");
  });

  it("throws the errors of children where join was never called (T7)", async () => {
    async function block(): Promise<string> {
      await using group = new TaskGroup();
      group.createTask(failing);
      await group.scope.sleep(Infinity).catch(nothing);
      return "a value that nobody gets";
    }
    expect(await errorsOf(block())).toEqual([new Error("no")]);
  });

  it("throws a SuppressedError where the block has thrown, too: both are there (T7)", async () => {
    const error = new Error("block");
    async function block(): Promise<void> {
      await using group = new TaskGroup();
      group.createTask(failingInCleanup);
      throw error;
    }
    const thrown = (await outcomeOf(block())).error as { name: string; error: unknown; suppressed: unknown };
    expect(thrown.name).toBe("SuppressedError");
    expect(thrown.suppressed).toBe(error);
    expect(thrown.error).toBeInstanceOf(ExceptionGroup);
    expect((thrown.error as ExceptionGroup).errors).toEqual([new Error("cleanup")]);
  });

  it("does so, too, where the block awaited the child that failed (T7)", async () => {
    const error = new Error("no");
    async function block(): Promise<void> {
      await using group = new TaskGroup();
      await group.createTask(() => Promise.reject(error));
    }
    const thrown = (await outcomeOf(block())).error as { suppressed: unknown; error: ExceptionGroup };
    expect(thrown.suppressed).toBe(error);
    expect(thrown.error.errors).toEqual([error]);
  });

  it("never throws a CancelledError itself: not for an outer owner, not for group.cancel (T7)", async () => {
    const parent = new CancelScope();
    async function block(cancel: (group: TaskGroup) => void): Promise<string> {
      await using group = new TaskGroup({ parent });
      group.createTask(forever);
      cancel(group);
      return "value";
    }
    expect(await block((group) => group.cancel())).toBe("value");
    expect(await block(() => parent.cancel())).toBe("value");
    parent.close();
  });

  it("lets the CancelledError of a block that was cut pass as it is (T7, T5)", async () => {
    const parent = new CancelScope();
    async function block(): Promise<void> {
      await using group = new TaskGroup({ parent });
      group.createTask(forever);
      await group.scope.sleep(Infinity);
    }
    const outcome = outcomeOf(block());
    parent.cancel();
    expect((await outcome).error).toBe(parent.reason);
    parent.close();
  });

  it("detaches a group that was never used (T7, S16)", async () => {
    const parent = new CancelScope();
    {
      await using group = new TaskGroup({ parent });
      expect(group.size).toBe(0);
    }
    parent.close();
  });

  it("throws what a join that nobody awaits was to throw, and the join is no unhandled rejection (T7)", async () => {
    async function block(): Promise<void> {
      await using group = new TaskGroup();
      group.createTask(failingInCleanup);
      void group.join();
      await Promise.resolve();
    }
    expect(await errorsOf(block())).toEqual([new Error("cleanup")]);
  });

  it("throws what a join that was given up in a race was to throw (T7, S12)", async () => {
    const parent = new CancelScope();
    async function block(): Promise<void> {
      await using group = new TaskGroup({ parent });
      group.createTask(failingInCleanup);
      await parent.race(group.join());
    }
    const outcome = outcomeOf(block());
    parent.cancel();
    const thrown = (await outcome).error as { name: string; error: ExceptionGroup; suppressed: unknown };
    expect([thrown.name, thrown.suppressed]).toEqual(["SuppressedError", parent.reason]);
    expect(thrown.error.errors).toEqual([new Error("cleanup")]);
    parent.close();
  });

  it("throws nothing that a join has thrown, whoever caught it (T7)", async () => {
    async function block(): Promise<string> {
      await using group = new TaskGroup();
      group.createTask(failing);
      await group.join().catch(nothing);
      return "value";
    }
    expect(await block()).toBe("value");
  });

  it("of a group that runs throws what run throws, which stays one group (T7, T3)", async () => {
    const run = TaskGroup.run(async (group) => {
      await using left = group;
      left.createTask(failingInCleanup);
      await Promise.resolve();
    });
    expect(await errorsOf(run)).toEqual([new Error("cleanup")]);
  });
});

describe("group[Symbol.asyncDispose]", () => {
  it("is idempotent: the first call throws, all of them wait (T7)", async () => {
    const group = new TaskGroup();
    const task = group.createTask(failingInCleanup);
    const log: string[] = [];
    const calls = [1, 2, 3].map((number) =>
      group[Symbol.asyncDispose]().then(
        () => log.push(`${number} resolved, task ${task.status}`),
        () => log.push(`${number} threw, task ${task.status}`),
      ),
    );
    await Promise.all(calls);
    expect(log).toEqual(["1 threw, task rejected", "2 resolved, task rejected", "3 resolved, task rejected"]);
    await group[Symbol.asyncDispose]();
  });

  it("has nothing to throw after run has thrown it (T7)", async () => {
    let group: TaskGroup | undefined;
    await errorsOf(
      TaskGroup.run((given) => {
        group = given;
        given.createTask(failing);
      }),
    );
    await group?.[Symbol.asyncDispose]();
  });

  it("leaves join to tell the same (T7)", async () => {
    const group = new TaskGroup();
    group.createTask(failingInCleanup);
    const { error } = await outcomeOf(group[Symbol.asyncDispose]());
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect((await outcomeOf(group.join())).error).toBe(error);
  });

  it("accepts nobody while it leaves, and finishes the group (T7, T6)", async () => {
    const group = new TaskGroup();
    const left = group[Symbol.asyncDispose]();
    expect(() => group.createTask(nothing)).toThrow(group.scope.reason);
    await left;
    expect(() => group.createTask(nothing)).toThrow(ClosedError);
  });

  it("leaves a run's body that goes on, and its scope, alone where nothing is left (T7)", async () => {
    const value = await TaskGroup.run(async (group) => {
      group.createTask(nothing);
      await group.join();
      await group[Symbol.asyncDispose]();
      await group.scope.checkpoint();
      return "value";
    });
    expect(value).toBe("value");
  });
});
