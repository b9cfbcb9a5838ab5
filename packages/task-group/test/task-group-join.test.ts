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
  it("join waits for all children, also for children created meanwhile (T7)", async () => {
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

  it("join is memoised: one promise, before the end and after (T7)", async () => {
    const group = new TaskGroup();
    group.createTask(nothing);
    const joined = group.join();
    expect(group.join()).toBe(joined);
    await joined;
    expect(group.join()).toBe(joined);
  });

  it("join throws as run would: the group of errors, the same one each time (T7, T3)", async () => {
    const group = new TaskGroup();
    group.createTask(failing);
    const sibling = group.createTask(forever);
    const { error } = await outcomeOf(group.join());
    expect(await errorsOf(group.join())).toEqual([new Error("no")]);
    expect((await outcomeOf(group.join())).error).toBe(error);
    expect(sibling.status).toBe("cancelled");
  });

  it("join throws as run would: the outer CancelledError if a child was interrupted by it (T7, T5)", async () => {
    const parent = new CancelScope();
    const group = new TaskGroup({ parent });
    group.createTask(forever);
    parent.cancel();
    expect((await outcomeOf(group.join())).error).toBe(parent.reason);
    parent.close();
  });

  it("join resolves if an outer owner cancelled but nothing was interrupted, or the group was cancelled itself (T7, T4, T5)", async () => {
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

  it("join called before any failure rejects with a later failure (T7)", async () => {
    const group = new TaskGroup();
    const { promise, reject } = deferred<never>();
    group.createTask(() => promise);
    const joined = group.join();
    await settled();
    reject(new Error("later"));
    expect(await errorsOf(joined)).toEqual([new Error("later")]);
  });

  it("join called after all failures rejects with them (T7)", async () => {
    const group = new TaskGroup();
    group.createTask(failing);
    await settled();
    expect(group.size).toBe(0);
    expect(await errorsOf(group.join())).toEqual([new Error("no")]);
  });

  it("join leaves the group open until it settles, and the group is finished then (T7, T6)", async () => {
    const group = new TaskGroup();
    const joined = group.join();
    const task = group.createTask((scope) => scope.checkpoint().then(() => "waited for"));
    await joined;
    expect(task.result()).toBe("waited for");
    expect(() => group.createTask(nothing)).toThrow(ClosedError);
  });

  it("join detaches the group from its parent (T7, S16)", async () => {
    const parent = new CancelScope();
    const group = new TaskGroup({ parent });
    group.createTask(() => Promise.resolve());
    expect(() => parent.close()).toThrow();
    await group.join();
    parent.close();
  });

  it("a rejection of join is the caller's: it is unhandled if it is never awaited (T7)", async () => {
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
  it("join in the body is a barrier: the body continues when all children have ended, and no more are accepted (T7, T6)", async () => {
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
    "join in the body waits for a child created %d microtasks after the last has ended, or refuses it (T7, T6)",
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

  it("join throws into the body; run rejects with the same group, which is not nested in another (T7, T3)", async () => {
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

  it("run rejects with the failure although the body caught the rejection of join (T7, T3)", async () => {
    const run = TaskGroup.run(async (group) => {
      group.createTask(failing);
      await group.join().catch(nothing);
      return "value";
    });
    expect(await errorsOf(run)).toEqual([new Error("no")]);
  });

  it("an error that the body throws after join is added to the group (T7, T3)", async () => {
    const run = TaskGroup.run(async (group) => {
      group.createTask(failing);
      await group.join().catch(nothing);
      throw new Error("body");
    });
    expect(await errorsOf(run)).toEqual([new Error("no"), new Error("body")]);
  });

  it("a join that is never awaited causes no unhandled rejection: run has the errors (T7)", async () => {
    const run = TaskGroup.run((group) => {
      void group.join();
      group.createTask(failing);
      return new Promise((resolve) => setImmediate(resolve));
    });
    expect(await errorsOf(run)).toEqual([new Error("no")]);
  });

  it("join may be called from outside while the body runs, and does not wait for the body (T7)", async () => {
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
  it("leaving the block after join has nothing left to do (T7)", async () => {
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

  it("leaving the block passes on what join throws, once (T7)", async () => {
    async function block(): Promise<void> {
      await using group = new TaskGroup();
      group.createTask(failing);
      await group.join();
    }
    expect(await errorsOf(block())).toEqual([new Error("no")]);
  });

  it("leaving the block passes on the outer CancelledError that join throws, once (T7, T5)", async () => {
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

  it("a block that throws cancels what is left and waits for it; the error passes unchanged (T7)", async () => {
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

  it("a block that returns early cancels what is left and waits for it; the value is kept (T7)", async () => {
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

  it("leaving the block throws the errors of children if join was never called (T7)", async () => {
    async function block(): Promise<string> {
      await using group = new TaskGroup();
      group.createTask(failing);
      await group.scope.sleep(Infinity).catch(nothing);
      return "an unused value";
    }
    expect(await errorsOf(block())).toEqual([new Error("no")]);
  });

  it("leaving a block that has thrown throws a SuppressedError, which holds both errors (T7)", async () => {
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

  it("leaving a block that awaited the failed child throws a SuppressedError, too (T7)", async () => {
    const error = new Error("no");
    async function block(): Promise<void> {
      await using group = new TaskGroup();
      await group.createTask(() => Promise.reject(error));
    }
    const thrown = (await outcomeOf(block())).error as { suppressed: unknown; error: ExceptionGroup };
    expect(thrown.suppressed).toBe(error);
    expect(thrown.error.errors).toEqual([error]);
  });

  it("leaving the block never throws a CancelledError itself: not for an outer owner, not for group.cancel (T7)", async () => {
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

  it("the CancelledError of an interrupted block passes unchanged (T7, T5)", async () => {
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

  it("leaving the block detaches a group that was never used (T7, S16)", async () => {
    const parent = new CancelScope();
    {
      await using group = new TaskGroup({ parent });
      expect(group.size).toBe(0);
    }
    parent.close();
  });

  it("leaving the block throws the error of a join that was never awaited, and that join is not unhandled (T7)", async () => {
    async function block(): Promise<void> {
      await using group = new TaskGroup();
      group.createTask(failingInCleanup);
      void group.join();
      await Promise.resolve();
    }
    expect(await errorsOf(block())).toEqual([new Error("cleanup")]);
  });

  it("leaving the block throws the error of a join that was abandoned in a race (T7, S12)", async () => {
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

  it("leaving the block does not throw what a join has thrown, even if that was caught (T7)", async () => {
    async function block(): Promise<string> {
      await using group = new TaskGroup();
      group.createTask(failing);
      await group.join().catch(nothing);
      return "value";
    }
    expect(await block()).toBe("value");
  });

  it("leaving the block of a group that runs throws what run throws, which stays one group (T7, T3)", async () => {
    const run = TaskGroup.run(async (group) => {
      await using left = group;
      left.createTask(failingInCleanup);
      await Promise.resolve();
    });
    expect(await errorsOf(run)).toEqual([new Error("cleanup")]);
  });
});

describe("group[Symbol.asyncDispose]", () => {
  it("disposing is idempotent: the first call throws, all of them wait (T7)", async () => {
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

  it("disposing has nothing to throw after run has thrown it (T7)", async () => {
    let group: TaskGroup | undefined;
    await errorsOf(
      TaskGroup.run((given) => {
        group = given;
        given.createTask(failing);
      }),
    );
    await group?.[Symbol.asyncDispose]();
  });

  it("join throws the same errors after disposing (T7)", async () => {
    const group = new TaskGroup();
    group.createTask(failingInCleanup);
    const { error } = await outcomeOf(group[Symbol.asyncDispose]());
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect((await outcomeOf(group.join())).error).toBe(error);
  });

  it("disposing accepts no new child while it waits, and finishes the group (T7, T6)", async () => {
    const group = new TaskGroup();
    const left = group[Symbol.asyncDispose]();
    expect(() => group.createTask(nothing)).toThrow(group.scope.reason);
    await left;
    expect(() => group.createTask(nothing)).toThrow(ClosedError);
  });

  it("disposing leaves a run's body that continues, and its scope, alone if no child is left (T7)", async () => {
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
