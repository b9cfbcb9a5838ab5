import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, type Task } from "../../src/index.js";
import {
  startTask,
  type StartFunction,
  type TaskOptions,
  TaskOwner,
  type TaskOwnerOptions,
} from "../../src/lowlevel.js";
import { uncaughtDuring } from "../uncaught.js";
import { outcomeOf } from "../watching.js";

/** An owner that writes down how its children have ended. */
class Owner {
  readonly ended: Task<unknown>[] = [];
  readonly set: TaskOwner;

  constructor(options: TaskOwnerOptions = {}) {
    this.set = new TaskOwner("Owner", options, { taskEnded: (task) => this.ended.push(task) });
  }

  start<S = void>(fn: StartFunction<S>, options?: TaskOptions): Promise<S> {
    return startTask(this.set, fn, options);
  }

  get statuses(): string[] {
    return this.ended.map((task) => task.status);
  }

  /** What its children have failed with, as far as that is its affair. */
  get failures(): unknown[] {
    return this.ended.filter((task) => task.status === "rejected").map((task) => task.exception());
  }
}

describe("startTask: a child that says that it is ready", () => {
  it("resolves with the value, and the child goes on as an ordinary one (T10)", async () => {
    const owner = new Owner();
    const ready = owner.start<number>(async (scope, started) => {
      started(8080);
      await scope.sleep(Infinity);
    });
    expect(await ready).toBe(8080);
    expect(owner.set.size).toBe(1);
    owner.set.scope.cancel();
    await owner.set.finish();
    expect(owner.statuses).toEqual(["cancelled"]);
  });

  it("may do so in the call itself, and synchronously be done (T10, K1)", async () => {
    const owner = new Owner();
    let called = false;
    const ready = owner.start<string>((_, started) => {
      called = true;
      started("at once");
    });
    expect(called).toBe(true);
    expect(await ready).toBe("at once");
    await owner.set.finish();
    expect(owner.statuses).toEqual(["fulfilled"]);
  });

  it("waits until it does, and no longer (T10)", async () => {
    const clock = new VirtualClock();
    const owner = new Owner({ clock });
    const log: string[] = [];
    const ready = owner
      .start<string>(async (scope, started) => {
        await scope.sleep(10);
        started("ready");
        await scope.sleep(10);
        log.push("ended");
      })
      .then((value) => log.push(value));
    await clock.advance(9);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(log).toEqual(["ready"]);
    await clock.advance(10);
    expect(log).toEqual(["ready", "ended"]);
    await ready;
    await owner.set.finish();
  });

  it("may have nothing to hand over (T10)", async () => {
    const owner = new Owner();
    const ready = owner.start((_, started) => {
      started();
    });
    expectTypeOf(ready).toEqualTypeOf<Promise<void>>();
    expect(await ready).toBeUndefined();
    await owner.set.finish();
  });

  it("may hand over a promise, which is waited for (T10)", async () => {
    const owner = new Owner();
    expect(await owner.start<Promise<string>>((_, started) => started(Promise.resolve("later")))).toBe("later");
    const error = new Error("no port");
    const failed = owner.start<Promise<string>>((_, started) => started(Promise.reject(error)));
    expect(await outcomeOf(failed)).toEqual({ error });
    await owner.set.finish();
    expect(owner.statuses).toEqual(["fulfilled", "fulfilled"]);
  });

  it("may hand over another thenable, even one that throws (T10)", async () => {
    const owner = new Owner();
    const thenable = { then: (resolve: (value: string) => void) => resolve("from then") };
    expect(await owner.start<unknown>((_, started) => started(thenable))).toBe("from then");
    const error = new Error("hostile");
    const hostile = Object.defineProperty({}, "then", {
      get() {
        throw error;
      },
    });
    expect(await outcomeOf(owner.start<unknown>((_, started) => started(hostile)))).toEqual({ error });
    await owner.set.finish();
    expect(owner.failures).toEqual([]);
  });

  it("is ready although it was cancelled in the same step (T10)", async () => {
    const owner = new Owner();
    const ready = owner.start<string>(async (scope, started) => {
      started("first");
      scope.cancel();
      scope.throwIfCancelled();
    });
    expect(await ready).toBe("first");
    await owner.set.finish();
    expect(owner.statuses).toEqual(["cancelled"]);
  });

  it("may be ready although it was cancelled before, where it ignores that (T10, K2)", async () => {
    const owner = new Owner();
    const ready = owner.start<string>(async (scope, started) => {
      await scope.sleep(Infinity).catch(() => {});
      started("all the same");
    });
    owner.set.scope.cancel();
    expect(await ready).toBe("all the same");
    await owner.set.finish();
    expect(owner.statuses).toEqual(["fulfilled"]);
  });

  it("fails as an ordinary child from then on, in the same step too (T10)", async () => {
    const owner = new Owner();
    const error = new Error("crashed");
    const ready = owner.start<string>((_, started) => {
      started("ready");
      throw error;
    });
    expect(await ready).toBe("ready");
    await owner.set.finish();
    expect(owner.failures).toEqual([error]);
  });
});

describe("startTask: started", () => {
  it("throws InvalidStateError in the child when it is called twice, which fails the child (T10)", async () => {
    const owner = new Owner();
    const ready = owner.start<number>((_, started) => {
      started(1);
      started(2);
    });
    expect(await ready).toBe(1);
    await owner.set.finish();
    const [error] = owner.failures;
    expect(error).toBeInstanceOf(InvalidStateError);
    expect((error as Error).message).toBe("started() was called twice, or after the task had ended.");
  });

  it("throws InvalidStateError once the child has ended, however it has (T10)", async () => {
    const owner = new Owner();
    const late: ((value: unknown) => void)[] = [];
    const ends: StartFunction<unknown>[] = [
      (_, started) => late.push(started),
      (_, started) => {
        late.push(started);
        throw new Error("failed");
      },
      async (scope, started) => {
        late.push(started);
        scope.cancel();
        scope.throwIfCancelled();
      },
    ];
    for (const fn of ends) await outcomeOf(owner.start(fn));
    expect(owner.statuses).toEqual(["fulfilled", "fulfilled", "cancelled"]);
    expect(late).toHaveLength(3);
    for (const started of late) expect(() => started("late")).toThrow(InvalidStateError);
    await owner.set.finish();
  });

  it("takes a value of the type that start resolves with (T10)", async () => {
    const owner = new Owner();
    const ready = owner.start((_, started: (value: { port: number }) => void) => started({ port: 1 }));
    expectTypeOf(ready).toEqualTypeOf<Promise<{ port: number }>>();
    // @ts-expect-error -- a string is no number
    const other = owner.start<number>((_, started) => started("text"));
    // @ts-expect-error -- no type was said, so there is no value
    const unsaid = owner.start((_, started) => started("text"));
    await Promise.all([ready, other, unsaid, owner.set.finish()]);
  });
});

describe("startTask: a child that fails before it is ready", () => {
  it.each([
    ["synchronously", (error: unknown) => () => { throw error; }], // prettier-ignore
    ["later", (error: unknown) => (scope: CancelScope) => scope.checkpoint().then(() => Promise.reject(error))],
  ])("%s rejects start with the very error, bare, and for the owner has just ended (T10)", async (_, failing) => {
    const owner = new Owner();
    const error = new Error("address in use");
    expect(await outcomeOf(owner.start(failing(error)))).toEqual({ error });
    expect(owner.statuses).toEqual(["fulfilled"]);
    await owner.set.finish();
  });

  it("rejects with whatever it threw: a primitive, nothing at all (T10)", async () => {
    const owner = new Owner();
    expect(await outcomeOf(owner.start(() => Promise.reject("text")))).toEqual({ error: "text" });
    expect(await Promise.allSettled([owner.start(() => Promise.reject(undefined))])).toEqual([
      { status: "rejected", reason: undefined },
    ]);
    await owner.set.finish();
    expect(owner.failures).toEqual([]);
  });

  it("has ended and counts no more when start rejects (T10)", async () => {
    const owner = new Owner({ limit: 1 });
    await outcomeOf(owner.start(() => Promise.reject(new Error("no"))));
    expect(owner.set.size).toBe(0);
    await owner.set.finish();
  });

  it("fails although it was cancelled, where it failed while it unwound (T10, K2)", async () => {
    const owner = new Owner();
    const error = new Error("cleanup");
    const ready = owner.start((scope) => scope.sleep(Infinity).catch(() => Promise.reject(error)));
    owner.set.scope.cancel();
    expect(await outcomeOf(ready)).toEqual({ error });
    expect(owner.statuses).toEqual(["fulfilled"]);
    await owner.set.finish();
  });

  it("fails with somebody else's cancellation as with any other error (T10, K6)", async () => {
    const owner = new Owner();
    const other = new CancelScope();
    other.cancel();
    expect(await outcomeOf(owner.start(() => other.checkpoint()))).toEqual({ error: other.reason });
    expect(owner.statuses).toEqual(["fulfilled"]);
    await owner.set.finish();
  });

  it("is not lost where nobody awaits start: it is an unhandled rejection (T10)", async () => {
    const error = new Error("nobody looks");
    const unhandled: unknown[] = [];
    const listeners = process.rawListeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", (reason) => unhandled.push(reason));
    try {
      const owner = new Owner();
      void owner.start(() => Promise.reject(error));
      await owner.set.finish();
      await settled();
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of listeners) process.on("unhandledRejection", listener as () => void);
    }
    expect(unhandled).toEqual([error]);
  });

  it("is not told of a scope left open in which nothing runs (T10, S16)", async () => {
    const owner = new Owner();
    const error = new Error("no");
    const ready = owner.start((scope) => {
      new CancelScope({ parent: scope, name: "left open" });
      throw error;
    });
    expect(await outcomeOf(ready)).toEqual({ error });
    await owner.set.finish();
    expect(owner.failures).toEqual([]);
  });

  it("rejects start with a group of its failure and of the live scope that it left open (T10, S16)", async () => {
    const owner = new Owner();
    const error = new Error("no");
    const ready = owner.start((scope) => {
      void new CancelScope({ parent: scope, name: "left open" }).sleep(Infinity);
      throw error;
    });
    expect(await outcomeOf(ready)).toMatchObject({ error: { errors: [error, expect.any(InvalidStateError)] } });
    await owner.set.finish();
    expect(owner.failures).toEqual([]);
  });
});

// What is rejected here, nobody needs to await: the checks after each test would see an unhandled rejection.
describe("startTask: a child that ends without a word", () => {
  it("rejects start with an InvalidStateError that says what to do (T10)", async () => {
    const owner = new Owner();
    const { error } = await outcomeOf(owner.start(async function listener() {}));
    expect(error).toBeInstanceOf(InvalidStateError);
    expect((error as Error).message).toBe(
      'Task "listener" ended without calling started(): call it when it is ready, with what start() is to return.',
    );
    expect(owner.statuses).toEqual(["fulfilled"]);
    await owner.set.finish();
  });

  it("is no unhandled rejection (T10)", async () => {
    const owner = new Owner();
    void owner.start(() => {});
    await owner.set.finish();
    await settled();
    expect(owner.statuses).toEqual(["fulfilled"]);
  });

  it("fails with what it left open, and its owner is not told (T10, S16)", async () => {
    const owner = new Owner();
    const { error } = await outcomeOf(owner.start((scope) => new CancelScope({ parent: scope })));
    await owner.set.finish();
    expect(owner.failures).toEqual([]);
    expect(error).toBeInstanceOf(InvalidStateError);
  });
});

describe("startTask: a child that is cancelled before it is ready", () => {
  it.each([
    ["its owner", (owner: Owner) => owner.set.scope.cancel("over")],
    ["an outer owner", (_: Owner, outer: CancelScope) => outer.cancel("over")],
    ["whoever has the task", (owner: Owner) => [...owner.set][0]?.cancel("over")],
    ["itself", (owner: Owner) => [...owner.set][0]?.scope.cancel("over")],
  ])("by %s rejects start with its CancelledError (T10)", async (_, cancel) => {
    using outer = new CancelScope();
    const owner = new Owner({ parent: outer });
    const ready = owner.start((scope) => scope.sleep(Infinity));
    const [task] = owner.set;
    cancel(owner, outer);
    const { error } = await outcomeOf(ready);
    expect(error).toBe(task?.scope.reason);
    expect(error).toMatchObject({ name: "AbortError", cause: "over" });
    await owner.set.finish();
    expect(owner.statuses).toEqual(["cancelled"]);
  });

  it("is no unhandled rejection (T10)", async () => {
    const owner = new Owner();
    void owner.start((scope) => scope.sleep(Infinity));
    owner.set.scope.cancel();
    await owner.set.finish();
    await settled();
    expect(owner.statuses).toEqual(["cancelled"]);
  });

  it("is told of as cancelled too where it returned for that reason, not as silent (T10)", async () => {
    const owner = new Owner();
    const ready = owner.start((scope) => scope.sleep(Infinity).catch(() => "tidied up"));
    owner.set.scope.cancel();
    expect(await outcomeOf(ready)).toEqual({ error: owner.set.scope.reason });
    expect(owner.statuses).toEqual(["fulfilled"]);
    await owner.set.finish();
  });

  it("rejects start only once it has ended: its cleanup is waited for (T10, T1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const owner = new Owner({ clock });
    const ready = owner.start((scope) => scope.sleep(Infinity).finally(() => new CancelScope({ clock }).sleep(30)));
    owner.set.scope.cancel();
    await outcomeOf(ready);
    expect(clock.now()).toBe(30);
    expect(owner.set.size).toBe(0);
    await owner.set.finish();
  });

  it("is cancelled also where it throws what a platform does then (T10, S15)", async () => {
    const owner = new Owner();
    const ready = owner.start(
      (scope) =>
        new Promise((_, reject) => {
          scope.signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        }),
    );
    owner.set.scope.cancel();
    expect(await outcomeOf(ready)).toEqual({ error: owner.set.scope.reason });
    await owner.set.finish();
  });
});

describe("startTask under a limit", () => {
  it("starts the child when its turn comes, first in first out (T10, T8)", async () => {
    const owner = new Owner({ limit: 1 });
    const order: string[] = [];
    const fn =
      (name: string): StartFunction<string> =>
      async (scope, started) => {
        order.push(name);
        started(name);
        await scope.checkpoint();
      };
    const ready = [owner.start(fn("one")), owner.start(fn("two")), owner.start(fn("three"))];
    expect(order).toEqual(["one"]);
    expect(await Promise.all(ready)).toEqual(["one", "two", "three"]);
    await owner.set.finish();
  });

  it("rejects with the CancelledError of a child that is cancelled before its turn, and never calls it (T10, T8)", async () => {
    const owner = new Owner({ limit: 1 });
    owner.set.createTask((scope) => scope.sleep(Infinity));
    const ready = owner.start(() => expect.unreachable());
    owner.set.scope.cancel();
    expect(await outcomeOf(ready)).toEqual({ error: owner.set.scope.reason });
    await owner.set.finish();
    expect(owner.statuses).toEqual(["cancelled", "cancelled"]);
  });

  it("rejects where the scope of the child was closed before its turn, and its owner is not told (T10)", async () => {
    const owner = new Owner({ limit: 1 });
    owner.set.createTask((scope) => scope.sleep(Infinity));
    const ready = owner.start(() => expect.unreachable());
    [...owner.set][1]?.scope.close();
    const { error } = await outcomeOf(ready);
    expect(error).toBeInstanceOf(ClosedError);
    expect(owner.failures).toEqual([]);
    owner.set.scope.cancel();
    await owner.set.finish();
  });

  it("gives the turn on when the child fails before it is ready (T10, T8)", async () => {
    const owner = new Owner({ limit: 1 });
    const failed = owner.start(() => Promise.reject(new Error("no")));
    const next = owner.start<string>((_, started) => started("next"));
    await outcomeOf(failed);
    expect(await next).toBe("next");
    await owner.set.finish();
  });
});

describe("startTask where createTask would throw", () => {
  it("rejects with the CancelledError of a cancelled owner, does not call, and is no unhandled rejection (T10, T6)", async () => {
    const owner = new Owner();
    owner.set.scope.cancel("over");
    const ready = owner.start(() => expect.unreachable());
    await settled();
    expect(await outcomeOf(ready)).toEqual({ error: owner.set.scope.reason });
    await owner.set.finish();
  });

  it("rejects with the ClosedError of an owner that has finished or refuses (T10, T6)", async () => {
    const finished = new Owner();
    await finished.set.finish();
    expect((await outcomeOf(finished.start(() => expect.unreachable()))).error).toBeInstanceOf(ClosedError);

    const refusing = new Owner();
    refusing.set.refuse("No more.");
    refusing.set.scope.cancel();
    expect((await outcomeOf(refusing.start(() => expect.unreachable()))).error).toEqual(new ClosedError("No more."));
    await refusing.set.finish();
  });

  it("is an unhandled rejection where nobody hears of a ClosedError, which is misuse (T10)", async () => {
    const finished = new Owner();
    await finished.set.finish();
    const listeners = process.listeners("unhandledRejection");
    const unhandled: unknown[] = [];
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", (error) => unhandled.push(error));
    void finished.start(() => expect.unreachable());
    await new Promise((resolve) => setImmediate(resolve));
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
    expect(unhandled).toEqual([expect.any(ClosedError)]);
  });

  it("throws misuse of its arguments at once, and starts nothing (T10)", () => {
    const owner = new Owner();
    // @ts-expect-error -- a task is a function
    expect(() => owner.start("listen")).toThrow(new TypeError('A task must be a function, got "listen".'));
    // @ts-expect-error -- a name is a string
    expect(() => owner.start(() => expect.unreachable(), { name: 5 })).toThrow(
      new TypeError("A task's name must be a string, got 5."),
    );
    expect(owner.set.size).toBe(0);
    owner.set.close();
  });
});

describe("startTask: the name of the child", () => {
  it("is the function's own, or the one given (C3)", async () => {
    const owner = new Owner();
    void owner.start(function listen() {});
    void owner.start(function listen() {}, { name: "HTTP" });
    void owner.start(() => {});
    await owner.set.finish();
    expect(owner.ended.map(({ name }) => name)).toEqual(["listen", "HTTP", "anonymous"]);
  });

  it("is none where the function's is no string, or throws: it starts all the same (C3)", async () => {
    const owner = new Owner();
    const odd = Object.defineProperty(() => {}, "name", { value: 5 });
    const hostile = Object.defineProperty(() => {}, "name", {
      get() {
        throw new Error("hostile");
      },
    });
    void owner.start(odd);
    void owner.start(hostile);
    await owner.set.finish();
    expect(owner.ended.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "anonymous fulfilled",
      "anonymous fulfilled",
    ]);
  });
});

describe("startTask, awaited or not", () => {
  it("reports nothing as uncaught (T10)", async () => {
    const uncaught = await uncaughtDuring(async () => {
      const owner = new Owner();
      void owner.start<string>((_, started) => started("unheard"));
      void owner.start(() => {});
      void owner.start((scope) => scope.sleep(Infinity));
      owner.set.scope.cancel();
      void owner.start(() => {});
      await owner.set.finish();
    });
    expect(uncaught).toEqual([]);
  });
});
