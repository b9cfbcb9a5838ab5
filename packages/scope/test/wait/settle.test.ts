import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, isCancellation, now } from "@selvage/scope";
import { brand, deferred, TIMEOUT_ERROR, unwoundOf } from "@selvage/scope/internal";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { turn, uncaughtDuring } from "../uncaught.js";

class BrandedTimeout extends Error {
  static {
    brand(this, TIMEOUT_ERROR);
  }
}

const torn = new Error("torn down");

function cancelledScope(): CancelScope {
  const scope = new CancelScope();
  scope.cancel();
  return scope;
}

function closedScope(): CancelScope {
  const scope = new CancelScope();
  scope.close();
  return scope;
}

/** A thenable that is not a promise, and that records whether its `then` is read. */
function query(): { then: unknown; wasRead: boolean } {
  const thenable = {
    wasRead: false,
    get then() {
      thenable.wasRead = true;
      return () => {};
    },
  };
  return thenable;
}

describe("scope.settle", () => {
  it("settle yields the value of a promise, and of a thenable in a live scope (S17)", async () => {
    const scope = new CancelScope();
    expect(await scope.settle(Promise.resolve(1))).toBe(1);
    expect(await scope.settle({ then: (onValue: (value: number) => void) => onValue(2) } as PromiseLike<number>)).toBe(
      2,
    );
  });

  it("settle passes on a rejection unchanged while the scope is not cancelled, whatever its shape (S17)", async () => {
    const scope = new CancelScope();
    for (const error of [torn, new DOMException("cut", "AbortError"), undefined]) {
      await expect(scope.settle(Promise.reject(error as Error))).rejects.toBe(error);
    }
  });

  it("settle waits until the promise has settled, although the scope is cancelled (S17)", async () => {
    const scope = new CancelScope();
    const work = deferred<string>();
    let isSettled = false;
    const settling = scope.settle(work.promise).finally(() => (isSettled = true));
    scope.cancel();
    await turn();
    expect(isSettled).toBe(false);
    work.resolve("value");
    expect(await settling).toBe("value");
  });

  it.each<[string, unknown]>([
    ["an error of any shape", torn],
    ["an abort", new DOMException("cut", "AbortError")],
    ["text", "torn down"],
    ["undefined", undefined],
    ["an error caused by a TimeoutError", new Error("x", { cause: new BrandedTimeout() })],
    ["an aggregate of aborts alone", new AggregateError([new DOMException("cut", "AbortError")])],
  ])("settle treats a rejection in a cancelled scope as the cancellation: %s (S17)", async (_, error) => {
    const scope = new CancelScope();
    const work = deferred();
    const settling = scope.settle(work.promise);
    scope.cancel();
    work.reject(error);
    await expect(settling).rejects.toBe(scope.reason);
  });

  it.each<[string, unknown]>([
    ["a TimeoutError", new BrandedTimeout("late")],
    ["an aggregate with a failure", new AggregateError([torn])],
    ["an aggregate of a failure and an abort", new AggregateError([new DOMException("cut", "AbortError"), torn])],
    ["an empty aggregate", new AggregateError([])],
  ])("settle passes on %s unchanged in a cancelled scope, without calling isCut (S17)", async (_, error) => {
    const scope = cancelledScope();
    const settling = scope.settle(Promise.reject(error as Error), () => expect.unreachable());
    await expect(settling).rejects.toBe(error);
  });

  it("settle calls isCut with the error, and passes on an error for which it is false (S17)", async () => {
    const scope = cancelledScope();
    const full = new Error("disk full");
    const isCut = (error: unknown): boolean => error === torn;
    await expect(scope.settle(Promise.reject(full), isCut)).rejects.toBe(full);
    await expect(scope.settle(Promise.reject(torn), isCut)).rejects.toBe(scope.reason);
  });

  it("settle passes on the rejection, and reports the other error as uncaught, if isCut throws (S17)", async () => {
    const thrown = new Error("isCut failed");
    const uncaught = await uncaughtDuring(async () => {
      const settling = cancelledScope().settle(Promise.reject(torn), () => {
        throw thrown;
      });
      await expect(settling).rejects.toBe(torn);
    });
    expect(uncaught).toEqual([thrown]);
  });

  it("settle notices a passed deadline although no timer has fired (S9, S17)", async () => {
    let time = 0;
    const scope = new CancelScope({ clock: { now: () => time, setTimer: () => 0, clearTimer: () => {} }, deadline: 1 });
    const work = deferred();
    const settling = scope.settle(work.promise);
    time = 1;
    work.reject(torn);
    await expect(settling).rejects.toBe(scope.reason);
    expect(scope.reason).toBeDefined();
  });

  it.each([
    ["cancelled", cancelledScope],
    ["closed", closedScope],
  ])("settle still waits for a true promise in a scope that is already %s (S17)", async (_, make) => {
    const foreign = runInNewContext("Promise.resolve('of another realm')") as Promise<string>;
    const own = Object.assign(Promise.resolve("itself"), { then: () => expect.unreachable() });
    expect([await make().settle(foreign), await make().settle(own)]).toEqual(["of another realm", "itself"]);
  });

  it("settle treats a rejection as the cancellation in an already cancelled scope, and passes it on in a closed one (S17)", async () => {
    const scope = cancelledScope();
    await expect(scope.settle(Promise.reject(torn))).rejects.toBe(scope.reason);
    await expect(closedScope().settle(Promise.reject(torn))).rejects.toBe(torn);
  });

  it("settle starts nothing in an already cancelled or closed scope: it does not read a thenable's then (S12, S17)", async () => {
    const thenable = query();
    const scope = cancelledScope();
    await expect(scope.settle(thenable as never)).rejects.toBe(scope.reason);
    await expect(closedScope().settle(thenable as never)).rejects.toThrow(ClosedError);
    await expect(scope.settle(new Proxy(Promise.resolve(), {}))).rejects.toBe(scope.reason);
    expect(thenable.wasRead).toBe(false);
  });

  it("settle throws a TypeError synchronously if isCut is not a function (S17)", () => {
    expect(() => cancelledScope().settle(Promise.resolve(), true as never)).toThrow(TypeError);
  });

  it("settle never leaves the cancellation as an unhandled rejection, but leaves a failure as one (S12, S17)", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    const listeners = process.rawListeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
    try {
      void cancelledScope().settle(Promise.reject(torn));
      void new CancelScope().settle(Promise.reject(new Error("failure")));
      await turn();
      await turn();
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of listeners) process.on("unhandledRejection", listener as () => void);
    }
    expect(unhandled.map(String)).toEqual(["Error: failure"]);
  });

  it("a scope absorbs the rejection of work that onCancel tore down (S14, S17)", async () => {
    const scope = new CancelScope({ deadline: now() });
    const result = await scope.run((own) => {
      const stream = deferred();
      own.onCancel(() => {
        stream.reject(torn);
      });
      return own.settle(stream.promise);
    });
    expect([result, scope.cancelledCaught]).toEqual([undefined, true]);
  });
});

describe("task.raised", () => {
  function start(fn: (scope: CancelScope) => unknown): { set: TaskOwner; task: ReturnType<TaskOwner["createTask"]> } {
    const set = new TaskOwner("Owner", {}, { taskEnded() {} });
    return { set, task: set.createTask(fn) };
  }

  it("raised is undefined while the task is pending, and if the function returned (K2, S15)", async () => {
    const { set, task } = start(() => 1);
    expect(task.raised).toBeUndefined();
    await set.finish();
    expect([task.status, task.raised, unwoundOf(task)]).toEqual(["fulfilled", undefined, undefined]);
  });

  it("raised is the error of a rejected task, and is not listed as unwound (K2, S15)", async () => {
    const { set, task } = start(() => Promise.reject(torn));
    await set.finish();
    expect([task.raised, unwoundOf(task)]).toEqual([torn, undefined]);
  });

  it("raised is the error that was accepted by its shape, and is listed as unwound (K2, S15)", async () => {
    const abort = new DOMException("cut", "AbortError");
    for (const error of [abort, new AggregateError([abort]), Object.assign(new Error("cancel"), { code: "57014" })]) {
      const { set, task } = start((scope) => scope.race(new Promise(() => {})).catch(() => Promise.reject(error)));
      task.cancel();
      await set.finish();
      expect(task.status).toBe("cancelled");
      expect(task.raised).toBe(error);
      expect(unwoundOf(task)).toBe(error);
    }
  });

  it("raised is the error that has the reason as its cause, and is not listed as unwound (K2, S15)", async () => {
    let wrapped: unknown;
    const { set, task } = start((scope) =>
      scope.sleep(Infinity).catch((error: unknown) => {
        wrapped = new DOMException("cut", { name: "AbortError", cause: error } as never);
        Object.defineProperty(wrapped, "cause", { value: error });
        throw wrapped;
      }),
    );
    task.cancel();
    await set.finish();
    expect(task.raised).toBe(wrapped);
    expect(unwoundOf(task)).toBeUndefined();
  });

  it("raised is the reason if the function threw it, and is not listed as unwound (K2, S15)", async () => {
    const { set, task } = start((scope) => scope.sleep(Infinity));
    task.cancel();
    await set.finish();
    expect(task.raised).toBe(task.scope.reason);
    expect(unwoundOf(task)).toBeUndefined();
  });

  it("raised is the error that settle replaced, in the task's scope or below, and is listed as unwound (S15, S17)", async () => {
    for (const below of [false, true]) {
      const { set, task } = start((scope) => {
        const work = deferred();
        scope.onCancel(() => {
          work.reject(torn);
        });
        return below
          ? CancelScope.run((inner) => inner.settle(work.promise), { parent: scope })
          : scope.settle(work.promise);
      });
      set.scope.cancel();
      await set.finish();
      expect([task.status, task.raised, unwoundOf(task)]).toEqual(["cancelled", torn, torn]);
    }
  });

  it("raised is each task's own error if settle replaced errors in tasks that share a cancellation (S7, S15, S17)", async () => {
    const set = new TaskOwner("Owner", {}, { taskEnded() {} });
    const errors = [new Error("a"), new Error("b")];
    const tasks = errors.map((error) =>
      set.createTask((scope) => {
        const work = deferred();
        scope.onCancel(() => {
          work.reject(error);
        });
        return scope.settle(work.promise);
      }),
    );
    const plain = set.createTask((scope) => scope.sleep(Infinity));
    set.scope.cancel();
    await set.finish();
    expect(tasks.map(({ raised }) => raised)).toEqual(errors);
    expect(plain.raised).toBe(set.scope.reason);
  });

  it("raised is not an error that settle replaced for a cancellation that was absorbed within the task (S15, S17)", async () => {
    const { set, task } = start(async (scope) => {
      await CancelScope.run((inner) => inner.settle(Promise.reject(torn)), { parent: scope, deadline: now() });
      await scope.sleep(Infinity);
    });
    await turn();
    task.cancel();
    await set.finish();
    expect(task.raised).toBe(task.scope.reason);
  });

  it("raised is the function's own error, or undefined, if scopes were left open (K2, S15, S16)", async () => {
    const leave = (scope: CancelScope): void => void new CancelScope({ parent: scope }).sleep(Infinity);
    const failed = start((scope) => {
      leave(scope);
      throw torn;
    });
    const returned = start(leave);
    await failed.set.finish();
    await returned.set.finish();
    expect([failed.task.status, failed.task.raised]).toEqual(["rejected", torn]);
    expect([returned.task.status, returned.task.raised]).toEqual(["rejected", undefined]);
  });

  it("raised is accepted by isCancellation if the task accepted it (S15)", async () => {
    const abort = new DOMException("cut", "AbortError");
    const { set, task } = start((scope) => scope.sleep(Infinity).catch(() => Promise.reject(abort)));
    task.cancel();
    await set.finish();
    expect(isCancellation(task.raised, task.scope)).toBe(true);
  });
});
