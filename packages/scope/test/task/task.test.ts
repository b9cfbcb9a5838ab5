import { createHook } from "node:async_hooks";
import { inspect } from "node:util";
import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import {
  CancelledError,
  CancelScope,
  ClosedError,
  ExceptionGroup,
  InvalidStateError,
  type Task,
} from "../../src/index.js";
import { describeTree } from "../../src/debug.js";
import { brand, deferred, TIMEOUT_ERROR } from "../../src/internal.js";
import { TaskOwner, type TaskOwnerOptions } from "../../src/lowlevel.js";
import { uncaughtDuring } from "../uncaught.js";
import { isClosed, microtasks, outcomeOf, states } from "../watching.js";

/** An owner that only records which tasks ended. */
function makeOwner(options: TaskOwnerOptions = {}) {
  const notified: Task<unknown>[] = [];
  const set = new TaskOwner("Owner", options, { taskEnded: (task) => notified.push(task) });
  return { set, notified };
}

/** A task that was cancelled first, and then threw. */
async function cancelledThenThrew(makeError: (scope: CancelScope) => unknown): Promise<{ task: Task<never> }> {
  const { set } = makeOwner();
  const task = set.createTask(async (scope): Promise<never> => {
    await Promise.resolve();
    throw makeError(scope);
  });
  task.cancel("no longer needed");
  await set.finish();
  return { task };
}

const abortError = (): Error => new DOMException("aborted", "AbortError");

describe("Task: its start", () => {
  it("createTask calls the function before it returns (K1)", async () => {
    const { set } = makeOwner();
    const order: string[] = [];
    set.createTask(async () => {
      order.push("called");
      await Promise.resolve();
      order.push("went on");
    });
    order.push("created");
    await set.finish();
    expect(order).toEqual(["called", "created", "went on"]);
  });

  it("the function gets the scope of the task, which lies below the owner's (K1)", async () => {
    const { set } = makeOwner();
    let given: CancelScope | undefined;
    const task = set.createTask((scope) => {
      given = scope;
      return scope.sleep(Infinity);
    });
    expect(given).toBe(task.scope);
    expect(task.scope).not.toBe(set.scope);
    set.scope.cancel();
    expect(task.scope.reason).toBe(set.scope.reason);
    await set.finish();
  });

  it("the task is registered before its function is called (K1)", async () => {
    const { set } = makeOwner({ clock: new VirtualClock() });
    let seen: unknown;
    set.createTask(function self() {
      seen = { size: set.size, tasks: [...set].map(({ name }) => name), tree: describeTree(set.scope) };
    });
    expect(seen).toEqual({ size: 1, tasks: ["self"], tree: 'Owner: live\n  task "self": running' });
    await set.finish();
  });

  it("the task is cancelled right away if the owner is cancelled during the call (K1)", async () => {
    const { set } = makeOwner();
    const seen: boolean[] = [];
    const task = set.createTask((scope) => {
      seen.push(scope.cancelled);
      set.scope.cancel("by its own child");
      seen.push(scope.cancelled);
      return scope.sleep(Infinity);
    });
    expect(seen).toEqual([false, true]);
    expect(task.status).toBe("pending");
    await set.finish();
    expect(task.status).toBe("cancelled");
  });

  it("a synchronous throw is a failure of the task, not of createTask (K1)", async () => {
    const { set, notified } = makeOwner();
    const error = new TypeError("at once");
    const task = set.createTask((): void => {
      throw error;
    });
    expect(task.status).toBe("pending");
    await set.finish();
    expect(task.exception()).toBe(error);
    expect(notified).toEqual([task]);
  });

  it.each<[string, () => unknown]>([
    ["returns at once", () => 1],
    [
      "throws at once",
      () => {
        throw new Error("at once");
      },
    ],
    ["returns a resolved promise", () => Promise.resolve(1)],
    ["returns a rejected promise", () => Promise.reject(new Error("at once"))],
    ["returns a thenable that calls back at once", () => ({ then: (resolve: (value: number) => void) => resolve(1) })],
  ])("a task never ends synchronously, even if its function %s (K1)", async (_, fn) => {
    const { set, notified } = makeOwner();
    const task = set.createTask(fn);
    expect([task.status, task.done, set.size, notified.length]).toEqual(["pending", false, 1, 0]);
    await set.finish();
    expect([task.done, set.size, notified.length]).toEqual([true, 0, 1]);
  });

  it("a queued task that is cancelled does not end synchronously (K1, T8)", async () => {
    const { set } = makeOwner({ limit: 1 });
    set.createTask((scope) => scope.checkpoint());
    const queued = set.createTask(() => expect.unreachable());
    queued.cancel();
    expect([queued.status, set.size]).toEqual(["pending", 2]);
    await microtasks(2);
    expect([queued.status, set.size]).toEqual(["cancelled", 1]);
    await set.finish();
  });

  it("createTask throws for wrong arguments, and changes nothing", async () => {
    const { set } = makeOwner();
    expect(() => set.createTask(42 as never)).toThrow(new TypeError("A task must be a function, got 42."));
    expect(() => set.createTask(Promise.resolve() as never)).toThrow("A task must be a function, got an object.");
    expect(() => set.createTask(() => 1, { name: 5 as never })).toThrow("A task's name must be a string, got 5.");
    expect([set.size, describeTree(set.scope).split("\n").length]).toEqual([0, 1]);
    await set.finish();
  });
});

describe("Task: its end", () => {
  it("a task is fulfilled with what its function returns (K2)", async () => {
    const { set } = makeOwner();
    const plain = set.createTask(() => 1);
    const asynchronous = set.createTask(async () => "two");
    await set.finish();
    expect([plain.status, plain.result(), asynchronous.status, asynchronous.result()]).toEqual([
      "fulfilled",
      1,
      "fulfilled",
      "two",
    ]);
  });

  it("a task is rejected with the very value that its function throws (K2)", async () => {
    const { set } = makeOwner();
    const thrown = [new Error("no"), "text", 0, null, undefined, Symbol("s"), Object.freeze({}), (): void => {}];
    const tasks = thrown.map((error) => set.createTask(() => Promise.reject(error)));
    await set.finish();
    expect(tasks.map((task) => [task.status, task.exception()])).toEqual(thrown.map((error) => ["rejected", error]));
  });

  it.each<[string, (scope: CancelScope) => unknown]>([
    ["the reason itself", (scope) => scope.reason],
    ["the reason as the cause of another error", (scope) => new Error("query failed", { cause: scope.reason })],
    [
      "the reason as the cause of a cause",
      (scope) => new Error("outer", { cause: new TypeError("inner", { cause: scope.reason }) }),
    ],
    ["an AbortError of the platform", abortError],
    ["an error with the code ABORT_ERR", () => Object.assign(new Error("x"), { code: "ABORT_ERR" })],
    ["an error with the code ERR_CANCELED", () => Object.assign(new Error("x"), { code: "ERR_CANCELED" })],
    ["an error with the code UND_ERR_ABORTED", () => Object.assign(new Error("x"), { code: "UND_ERR_ABORTED" })],
    ["an aggregate of cancellations only", (scope) => new AggregateError([scope.reason, abortError()])],
    [
      "a nested group of cancellations only",
      (scope) => new ExceptionGroup("outer", [new ExceptionGroup("inner", [scope.reason]), abortError()]),
    ],
    [
      "a SuppressedError of cancellations only",
      (scope) =>
        Object.assign(new Error("x"), { name: "SuppressedError", error: scope.reason, suppressed: abortError() }),
    ],
  ])("a cancelled task has the scope's reason as its error if its function throws %s (K2)", async (_, makeError) => {
    const { task } = await cancelledThenThrew(makeError);
    expect(task.status).toBe("cancelled");
    const { error } = await outcomeOf(task);
    expect(error).toBe(task.scope.reason);
    expect(error).toBeInstanceOf(CancelledError);
  });

  class TimeoutError extends Error {
    override name = "TimeoutError";
  }
  brand(TimeoutError, TIMEOUT_ERROR);

  it.each<[string, (scope: CancelScope) => unknown]>([
    ["its own error", () => new Error("cleanup failed")],
    ["a primitive", () => "cleanup failed"],
    ["undefined", () => undefined],
    ["a TimeoutError, whatever its cause", (scope) => new TimeoutError("slow", { cause: scope.reason })],
    ["an aggregate with one failure", (scope) => new AggregateError([scope.reason, new Error("cleanup failed")])],
    ["an empty aggregate", () => new AggregateError([])],
  ])("a task is rejected after a cancellation if its function throws %s (K2)", async (_, makeError) => {
    let thrown: unknown;
    const { task } = await cancelledThenThrew((scope) => (thrown = makeError(scope)));
    expect(task.status).toBe("rejected");
    expect(task.exception()).toBe(thrown);
  });

  it("a task is fulfilled if its function returns although it was cancelled (K2)", async () => {
    const { set } = makeOwner();
    const task = set.createTask(async (scope) => {
      await scope.sleep(Infinity).catch(() => {});
      return "finished anyway";
    });
    task.cancel();
    await set.finish();
    expect([task.status, task.result(), task.exception()]).toEqual(["fulfilled", "finished anyway", undefined]);
  });

  it("a task is rejected by an abort if it was not cancelled itself (K2)", async () => {
    const { set } = makeOwner();
    const foreign = new CancelScope();
    foreign.cancel();
    const errors = [abortError(), foreign.reason, new Error("wrapped", { cause: foreign.reason })];
    const tasks = errors.map((error) => set.createTask(() => Promise.reject(error)));
    await set.finish();
    expect(tasks.map((task) => [task.status, task.exception()])).toEqual(errors.map((error) => ["rejected", error]));
  });

  it("a task is cancelled by an abort after a deadline for which no timer has fired (K2, S9)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    const parent = new CancelScope({ clock, deadline: 10 });
    const { set } = makeOwner({ parent });
    const task = set.createTask(() => {
      time = 10;
      throw abortError();
    });
    await set.finish();
    expect(task.status).toBe("cancelled");
    expect((await outcomeOf(task)).error).toBe(parent.reason);
    parent.close();
  });

  it("a task that leaves scopes open below its own fails, and they are cancelled and detached (S16)", async () => {
    const { set } = makeOwner();
    let forgotten: CancelScope | undefined;
    const task = set.createTask(
      (scope) => {
        forgotten = new CancelScope({ parent: scope, name: "forgotten" });
        return "a value";
      },
      { name: "careless" },
    );
    await set.finish();
    expect(task.status).toBe("rejected");
    expect(task.exception()).toBeInstanceOf(InvalidStateError);
    expect(String(task.exception())).toContain('1 scope is still open in "careless" that ends: "forgotten".');
    expect(forgotten!.reason).toMatchObject({ scope: forgotten, cause: task.exception() });
    forgotten!.close();
  });

  it("a task that leaves scopes open fails with a group of both errors if its function also failed (S16)", async () => {
    const { set } = makeOwner();
    const error = new TypeError("its own");
    const task = set.createTask((scope) => {
      void new CancelScope({ parent: scope }).sleep(Infinity);
      throw error;
    });
    await set.finish();
    const group = task.exception() as ExceptionGroup;
    expect(group).toBeInstanceOf(ExceptionGroup);
    expect(group.message).toBe("a task failed");
    expect(group.errors).toEqual([error, expect.any(InvalidStateError)]);
    expect(group.errors[0]).toBe(error);
  });

  it("a task that leaves scopes open fails with that error alone if it was cancelled (S16)", async () => {
    const { set } = makeOwner();
    const task = set.createTask((scope) => {
      void new CancelScope({ parent: scope }).settle(new Promise(() => {}));
      return scope.sleep(Infinity);
    });
    task.cancel();
    await set.finish();
    expect(task.exception()).toBeInstanceOf(InvalidStateError);
  });
});

describe("Task: awaiting it", () => {
  it("awaiting a task yields the value, before the end and after (K3)", async () => {
    const { set } = makeOwner();
    const value = {};
    const task = set.createTask(async () => value);
    expect(await task).toBe(value);
    expect(await task).toBe(value);
    await set.finish();
  });

  it("awaiting a task throws the error, before the end and after (K3)", async () => {
    const { set } = makeOwner();
    const error = new Error("no");
    const task = set.createTask(() => Promise.reject(error));
    expect(await outcomeOf(task)).toEqual({ error });
    expect((await outcomeOf(task)).error).toBe(error);
    await set.finish();
  });

  it("awaiting a cancelled task throws the CancelledError, before the end and after (K3)", async () => {
    const { set } = makeOwner();
    const task = set.createTask((scope) => scope.sleep(Infinity));
    task.cancel();
    expect((await outcomeOf(task)).error).toBe(task.scope.reason);
    expect((await outcomeOf(task)).error).toBe(task.scope.reason);
    await set.finish();
  });

  it("awaiting a task does not hide the error from the owner, which is notified once (K3)", async () => {
    const { set, notified } = makeOwner();
    const task = set.createTask(() => Promise.reject(new Error("no")));
    await Promise.allSettled([task, task, outcomeOf(task)]);
    await set.finish();
    expect(notified).toEqual([task]);
  });

  it("a task that is never awaited causes no unhandled rejection (K3)", async () => {
    const { set, notified } = makeOwner({ limit: 3 });
    set.createTask(() => Promise.reject(new Error("rejected")));
    set.createTask(() => {
      throw new Error("thrown");
    });
    set.createTask((scope) => scope.sleep(Infinity)).cancel();
    set.createTask(() => {}).cancel("in the queue");
    await set.finish();
    await new Promise((resolve) => setImmediate(resolve)); // The setup file fails the test if one is reported.
    expect(notified.map(({ status }) => status)).toEqual(["rejected", "rejected", "cancelled", "cancelled"]);
  });

  it("a task costs an extra promise only if it is awaited (K3)", async () => {
    const { set } = makeOwner();
    const { promise, resolve } = deferred<number>();
    const bare = promisesMadeBy(() => void promise.then(Number, Number));
    let task: Task<number>;
    expect(promisesMadeBy(() => void (task = set.createTask(() => promise)))).toBe(bare);
    expect(promisesMadeBy(() => void task.then())).toBeGreaterThan(0);
    resolve(1);
    await set.finish();
  });

  it("a task works wherever a promise does (K3)", async () => {
    const { set } = makeOwner();
    const one = set.createTask(async () => 1);
    const two = set.createTask(async () => "two");
    const both = await Promise.all([one, two]);
    expectTypeOf(both).toEqualTypeOf<[number, string]>();
    expect(both).toEqual([1, "two"]);
    expect(await Promise.race([one, new Promise(() => {})])).toBe(1);
    expect(await one.then((value) => value + 1)).toBe(2);
    expect(await one.then(null, () => "unused")).toBe(1);
    await set.finish();
  });

  it("the error of another cancelled task is an ordinary error for the awaiter (K6)", async () => {
    const { set } = makeOwner();
    const other = set.createTask((scope) => scope.sleep(Infinity));
    const awaiting = set.createTask(async () => other);
    other.cancel();
    await set.finish();
    expect([other.status, awaiting.status]).toEqual(["cancelled", "rejected"]);
    expect(awaiting.exception()).toBe(other.scope.reason);
  });

  it("a race of a task in the awaiter's scope ends with the awaiter's own cancellation (K6, S12)", async () => {
    const { set } = makeOwner();
    const other = set.createTask((scope) => scope.sleep(Infinity));
    const awaiting: Task<void> = set.createTask((scope) => scope.race(other));
    awaiting.cancel();
    await outcomeOf(awaiting);
    expect([other.status, awaiting.status]).toEqual(["pending", "cancelled"]);
    other.cancel();
    await set.finish();
  });

  it("a task that races itself in its scope ends by its cancellation (S12)", async () => {
    const { set } = makeOwner();
    const task: Task<unknown> = set.createTask(async (scope): Promise<unknown> => {
      await Promise.resolve();
      return scope.race(task);
    });
    await settled();
    expect(task.status).toBe("pending");
    task.cancel();
    await set.finish();
    expect(task.status).toBe("cancelled");
  });
});

describe("Task: what its function returns", () => {
  it.each<[string, (resolve: (value: string) => void, reject: (error: unknown) => void) => void]>([
    [
      "calls back twice",
      (resolve) => {
        resolve("first");
        resolve("second");
      },
    ],
    [
      "resolves, then rejects",
      (resolve, reject) => {
        resolve("first");
        reject(new Error("second"));
      },
    ],
    [
      "resolves, then throws",
      (resolve) => {
        resolve("first");
        throw new Error("second");
      },
    ],
    ["calls back later", (resolve) => void setImmediate(() => resolve("first"))],
    ["resolves with a promise", (resolve) => resolve(Promise.resolve("first") as never)],
  ])("a task ends once, even if its function returns a thenable that %s (K2)", async (_, then) => {
    const { set, notified } = makeOwner();
    const task = set.createTask(() => ({ then }) as PromiseLike<string>);
    await set.finish();
    expect([task.status, task.result()]).toEqual(["fulfilled", "first"]);
    expect(notified).toEqual([task]);
  });

  it.each<[string, () => unknown]>([
    [
      "whose then throws",
      () => ({
        then: () => {
          throw new Error("hostile");
        },
      }),
    ],
    [
      "whose then cannot be read",
      () => ({
        get then() {
          throw new Error("hostile");
        },
      }),
    ],
    [
      "whose constructor cannot be read",
      () =>
        Object.defineProperty(Promise.resolve(), "constructor", {
          get() {
            throw new Error("hostile");
          },
        }),
    ],
    [
      "whose constructor can be read once",
      () => {
        let reads = 0;
        return Object.defineProperty(Promise.resolve(), "constructor", {
          get() {
            if (reads++ > 0) throw new Error("hostile");
            return Promise;
          },
        });
      },
    ],
    [
      "that rejects, then resolves",
      () => ({
        then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
          reject(new Error("hostile"));
          resolve(1);
        },
      }),
    ],
  ])("a task fails, but not its owner, if its function returns a thenable %s (K2)", async (_, fn) => {
    const { set } = makeOwner();
    const task = set.createTask(fn);
    await set.finish();
    expect(String(task.exception())).toBe("Error: hostile");
  });

  it("a promise that the function returns is observed as the platform's own, whatever its then property is (K2)", async () => {
    const { set } = makeOwner();
    const promise = Object.assign(Promise.reject(new Error("real")), { then: () => "hijacked" });
    const task = set.createTask(() => promise as Promise<unknown>);
    await set.finish();
    expect(String(task.exception())).toBe("Error: real");
  });

  it("the function may return an instance of a promise's subclass (K2)", async () => {
    class Special<T> extends Promise<T> {}
    const { set } = makeOwner();
    const fine = set.createTask(() => Special.resolve(1));
    const failing = set.createTask(() => Special.reject(new Error("no")));
    await set.finish();
    expect([fine.result(), String(failing.exception())]).toEqual([1, "Error: no"]);
  });

  it("the function may return another task, whose outcome the task takes over (K2)", async () => {
    const { set } = makeOwner();
    const other = set.createTask(async () => "of the other");
    const task = set.createTask(() => other);
    const asynchronous = set.createTask(async () => other);
    expectTypeOf(task).toEqualTypeOf<Task<string>>();
    await set.finish();
    expect([task.result(), asynchronous.result()]).toEqual(["of the other", "of the other"]);
  });

  it("the function may return its own scope, which is a plain value (S)", async () => {
    const { set } = makeOwner();
    const task = set.createTask((scope) => scope);
    const asynchronous = set.createTask(async (scope) => scope);
    await set.finish();
    expect(task.result()).toBe(task.scope);
    expect(asynchronous.result()).toBe(asynchronous.scope);
  });
});

describe("task.result, task.exception", () => {
  it("result and exception throw an InvalidStateError that says what to do while the task is pending (K4)", async () => {
    const { set } = makeOwner();
    const task = set.createTask(() => 1, { name: "answer" });
    const misuse = new InvalidStateError(
      'Task "answer" has not ended: await it, or read the outcome in a done-callback.',
    );
    expect(() => task.result()).toThrow(misuse);
    expect(() => task.exception()).toThrow(misuse);
    await set.finish();
  });

  it("a fulfilled task has its value as result, and no exception (K4)", async () => {
    const { set } = makeOwner();
    const task = set.createTask(() => undefined);
    await set.finish();
    expect(task.result()).toBeUndefined();
    expect(task.exception()).toBeUndefined();
  });

  it("a rejected task throws its error from result, and returns it from exception (K4)", async () => {
    const { set } = makeOwner();
    const error = new Error("no");
    const task = set.createTask(() => Promise.reject(error));
    await set.finish();
    expect(task.exception()).toBe(error);
    expect(() => task.result()).toThrow(error);
  });

  it("a task that threw undefined throws it from result, and returns it from exception (K4)", async () => {
    const { set } = makeOwner();
    const task = set.createTask(() => Promise.reject(undefined));
    await set.finish();
    expect([task.status, task.exception()]).toEqual(["rejected", undefined]);
    let thrown: unknown = "nothing";
    try {
      task.result();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeUndefined();
  });

  it("result and exception of a cancelled task throw the CancelledError (K4)", async () => {
    const { set } = makeOwner();
    const task = set.createTask((scope) => scope.sleep(Infinity));
    task.cancel("enough");
    await set.finish();
    for (const ask of [() => task.result(), () => task.exception()]) {
      let thrown: unknown;
      try {
        ask();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(task.scope.reason);
      expect(thrown).toMatchObject({ name: "AbortError", cause: "enough", scope: task.scope });
    }
  });
});

describe("task.addDoneCallback", () => {
  it.each(["fulfilled", "rejected", "cancelled"] as const)(
    "a done-callback runs in the one microtask in which a task ends %s (K4)",
    async (status) => {
      const { set, notified } = makeOwner();
      const { promise, resolve, reject } = deferred<undefined>();
      const task = set.createTask((scope) => scope.race(promise));
      let called = false;
      task.addDoneCallback(() => (called = true));
      if (status === "fulfilled") resolve(undefined);
      else if (status === "rejected") reject(new Error("no"));
      else task.cancel();
      const seen = await states(() => [task.status, isClosed(task.scope), called, notified.length, set.size].join());
      expect(seen).toEqual(["pending,false,false,0,1", `${status},true,true,1,0`]);
      await set.finish();
    },
  );

  it("a done-callback runs after the status is set and the scope closed, and before the owner is notified (K4)", async () => {
    const { set, notified } = makeOwner();
    const task = set.createTask(async () => 1);
    let seen: unknown;
    task.addDoneCallback((ended) => {
      seen = [ended === task, ended.status, ended.result(), isClosed(ended.scope), notified.length, set.size];
    });
    await set.finish();
    expect(seen).toEqual([true, "fulfilled", 1, true, 0, 1]);
  });

  it("a done-callback runs after the status is set, which a deadline's listener at the end sees, too (K4, S9)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    const parent = new CancelScope({ clock, deadline: 10 });
    const { set } = makeOwner({ parent });
    const task = set.createTask(() => Promise.resolve().then(() => (time = 10)));
    const seen: string[] = [];
    parent.onCancel(() => seen.push(`${task.status}, closed ${isClosed(task.scope)}`)); // Called as the scope closes.
    task.addDoneCallback(() => seen.push(`${task.status}, closed ${isClosed(task.scope)}`));
    await set.finish();
    expect(seen).toEqual(["fulfilled, closed false", "fulfilled, closed true"]);
    parent.close();
  });

  it("done-callbacks run in order of registration, and before the owner's join resolves (K4)", async () => {
    const { set } = makeOwner();
    const order: string[] = [];
    const task = set.createTask(async () => {});
    const joined = set.finish().then(() => order.push("joined"));
    for (const name of ["first", "second", "third"]) task.addDoneCallback(() => order.push(name));
    await joined;
    expect(order).toEqual(["first", "second", "third", "joined"]);
  });

  it("a done-callback runs once for each registration (K4)", async () => {
    const { set } = makeOwner();
    let calls = 0;
    const count = (): void => {
      calls++;
    };
    const task = set.createTask(async () => {});
    task.addDoneCallback(count);
    task.addDoneCallback(count);
    await set.finish();
    expect(calls).toBe(2);
  });

  it("a late done-callback runs in a microtask, in order of registration (K4)", async () => {
    const { set } = makeOwner();
    const task = set.createTask(async () => 1);
    await set.finish();
    const order: string[] = [];
    task.addDoneCallback((ended) => order.push(`first ${ended.result()}`));
    task.addDoneCallback(() => order.push("second"));
    expect(order).toEqual([]);
    await Promise.resolve();
    expect(order).toEqual(["first 1", "second"]);
  });

  it("a done-callback that another one adds runs in its own microtask (K4)", async () => {
    const { set, notified } = makeOwner();
    const order: string[] = [];
    const task = set.createTask(async () => {});
    task.addDoneCallback(() => {
      task.addDoneCallback(() => order.push(`inner, notified ${notified.length}`));
      order.push("outer");
    });
    task.addDoneCallback(() => order.push("next"));
    await set.finish();
    expect(order).toEqual(["outer", "next", "inner, notified 1"]);
  });

  it("a done-callback that throws is reported as uncaught, and the others run (K4)", async () => {
    const error = new Error("in a callback");
    const late = new Error("in a late one");
    const order: string[] = [];
    const uncaught = await uncaughtDuring(async () => {
      const { set, notified } = makeOwner();
      const task = set.createTask(async () => 1);
      task.addDoneCallback(() => {
        throw error;
      });
      task.addDoneCallback(() => order.push("the next"));
      await set.finish();
      expect(notified).toEqual([task]);
      expect(task.result()).toBe(1);
      task.addDoneCallback(() => {
        throw late;
      });
    });
    expect(uncaught).toEqual([error, late]);
    expect(order).toEqual(["the next"]);
  });

  it("a done-callback is not called if it was disposed of: before, by an earlier callback, or late (K4)", async () => {
    const { set } = makeOwner();
    const calls: string[] = [];
    const task = set.createTask(async () => {});
    task.addDoneCallback(() => calls.push("disposed before"))[Symbol.dispose]();
    task.addDoneCallback(() => second[Symbol.dispose]());
    const second = task.addDoneCallback(() => calls.push("disposed by an earlier one"));
    const third = task.addDoneCallback(() => calls.push("kept"));
    await set.finish();
    third[Symbol.dispose]();
    third[Symbol.dispose]();
    task.addDoneCallback(() => calls.push("disposed late"))[Symbol.dispose]();
    await microtasks(3);
    expect(calls).toEqual(["kept"]);
  });

  it("a done-callback may cancel tasks and create tasks for the owner, which waits for them (K4)", async () => {
    const { set } = makeOwner();
    const sibling = set.createTask((scope) => scope.sleep(Infinity));
    let created: Task<string> | undefined;
    set
      .createTask(async () => {})
      .addDoneCallback(() => {
        sibling.cancel();
        created = set.createTask(async () => "created at the end");
      });
    await set.finish();
    expect([sibling.status, created?.status]).toEqual(["cancelled", "fulfilled"]);
  });

  it("addDoneCallback throws for an argument that is not a function", async () => {
    const { set } = makeOwner();
    const task = set.createTask(async () => {});
    expect(() => task.addDoneCallback(null as never)).toThrow("The done-callback must be a function, got null.");
    await set.finish();
    expect(() => task.addDoneCallback("f" as never)).toThrow('The done-callback must be a function, got "f".');
  });
});

describe("task.cancel", () => {
  it("task.cancel cancels that task alone, and its owner sees a cancelled task (K5)", async () => {
    const { set, notified } = makeOwner();
    const one = set.createTask((scope) => scope.sleep(Infinity));
    const two = set.createTask((scope) => scope.checkpoint().then(() => "done"));
    one.cancel("enough");
    expect([one.scope.cancelled, two.scope.cancelled, set.scope.cancelled]).toEqual([true, false, false]);
    expect(one.scope.reason).toMatchObject({ scope: one.scope, cause: "enough" });
    await set.finish();
    expect(notified.map(({ status }) => status)).toEqual(["cancelled", "fulfilled"]);
  });

  it("task.cancel is idempotent, and does nothing after the end (K5)", async () => {
    const { set } = makeOwner();
    const cancelled = set.createTask((scope) => scope.sleep(Infinity));
    const fulfilled = set.createTask(async () => 1);
    cancelled.cancel("first");
    cancelled.cancel("second");
    await set.finish();
    cancelled.cancel("third");
    fulfilled.cancel();
    expect(cancelled.scope.reason?.cause).toBe("first");
    expect([fulfilled.status, fulfilled.scope.cancelled]).toEqual(["fulfilled", false]);
  });

  it("the owner waits for a cancelled task that takes time to unwind (K5)", async () => {
    const { set } = makeOwner();
    const { promise, resolve } = deferred<undefined>();
    const task = set.createTask(async (scope) => {
      try {
        await scope.sleep(Infinity);
      } finally {
        await promise;
      }
    });
    task.cancel();
    await settled();
    expect(task.status).toBe("pending");
    resolve(undefined);
    await set.finish();
    expect(task.status).toBe("cancelled");
  });
});

describe("task.name", () => {
  it("the name of a task is the given one, or the function's own (C3)", async () => {
    const { set } = makeOwner();
    const arrow = async (): Promise<void> => {};
    const names = [
      set.createTask(arrow).name,
      set.createTask(async function fetchPage() {}).name,
      set.createTask(arrow, { name: "given" }).name,
      set.createTask(async () => {}).name,
      set.createTask(arrow, { name: "" }).name,
      set.createTask(arrow.bind(null)).name,
    ];
    expect(names).toEqual(["arrow", "fetchPage", "given", "anonymous", "anonymous", "bound arrow"]);
    await set.finish();
  });

  it("the name of a task is known inside the task, and after its end (C3)", async () => {
    const { set } = makeOwner();
    let inside: string | undefined;
    const task = set.createTask((scope) => void (inside = scope.name), { name: "nap" });
    await set.finish();
    expect([inside, task.name, task.scope.name]).toEqual(["nap", "nap", "nap"]);
  });

  it("a task accepts functions with a strange name, or with a name that throws (C3)", async () => {
    const { set } = makeOwner();
    const strange = Object.defineProperty(() => 1, "name", { value: 42 });
    const hostile = Object.defineProperty(() => 2, "name", {
      get() {
        throw new Error("hostile");
      },
    });
    const tasks = [set.createTask(strange), set.createTask(hostile)];
    expect(tasks.map(({ name }) => name)).toEqual(["anonymous", "anonymous"]);
    await set.finish();
    expect(tasks.map((task) => [task.name, task.result()])).toEqual([
      ["anonymous", 1],
      ["anonymous", 2],
    ]);
  });

  it("a task prints with its name and status, and without the tree (C3)", async () => {
    const { set } = makeOwner();
    const task = set.createTask(async () => {}, { name: 'say "hello"' });
    expect(inspect(task)).toBe('Task "say \\"hello\\"" (pending)');
    await set.finish();
    expect(inspect({ task })).toBe('{ task: Task "say \\"hello\\"" (fulfilled) }');
  });
});

describe("task.scope", () => {
  it("the scope of a task is closed once the task has ended, and what still waits in it is rejected (K4, S12)", async () => {
    const { set } = makeOwner();
    let left: Promise<unknown> | undefined;
    const task = set.createTask((scope) => {
      left = scope.sleep(60_000);
    });
    await set.finish();
    expect((await outcomeOf(left!)).error).toBeInstanceOf(ClosedError);
    expect(() => new CancelScope({ parent: task.scope })).toThrow(ClosedError);
  });

  it("the scope of a task runs nothing but the task (S14)", async () => {
    const { set } = makeOwner();
    const task = set.createTask((scope) => {
      expect(() => scope.run(() => {})).toThrow(InvalidStateError);
      return scope.checkpoint();
    });
    await set.finish();
    expect(task.status).toBe("fulfilled");
  });
});

/** How many promises are created during a synchronous call. */
function promisesMadeBy(call: () => void): number {
  let count = 0;
  const hook = createHook({
    init(_, type) {
      if (type === "PROMISE") count++;
    },
  }).enable();
  try {
    call();
  } finally {
    hook.disable();
  }
  return count;
}
