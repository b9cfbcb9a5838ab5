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

/** An owner that records how its children ended. */
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

  /** The errors with which its children failed, as the owner sees them. */
  get failures(): unknown[] {
    return this.ended.filter((task) => task.status === "rejected").map((task) => task.exception());
  }
}

describe("startTask: a child that calls started", () => {
  it("start resolves with the value, and the child continues as an ordinary one (T10)", async () => {
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

  it("a child may call started synchronously, and end synchronously (T10, K1)", async () => {
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

  it("start waits until the child calls started, and no longer (T10)", async () => {
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

  it("started may be called without a value (T10)", async () => {
    const owner = new Owner();
    const ready = owner.start((_, started) => {
      started();
    });
    expectTypeOf(ready).toEqualTypeOf<Promise<void>>();
    expect(await ready).toBeUndefined();
    await owner.set.finish();
  });

  it("started may be called with a promise, and start waits for it (T10)", async () => {
    const owner = new Owner();
    expect(await owner.start<Promise<string>>((_, started) => started(Promise.resolve("later")))).toBe("later");
    const error = new Error("no port");
    const failed = owner.start<Promise<string>>((_, started) => started(Promise.reject(error)));
    expect(await outcomeOf(failed)).toEqual({ error });
    await owner.set.finish();
    expect(owner.statuses).toEqual(["fulfilled", "fulfilled"]);
  });

  it("started may be called with another thenable, even one that throws (T10)", async () => {
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

  it("start resolves although the child was cancelled in the same step (T10)", async () => {
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

  it("a child that was cancelled and ignores it may still call started (T10, K2)", async () => {
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

  it("a child fails as an ordinary one after started, even in the same step (T10)", async () => {
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
  it("started throws InvalidStateError in the child when it is called twice, and the child fails (T10)", async () => {
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

  it("started throws InvalidStateError once the child has ended, however it ended (T10)", async () => {
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

  it("started accepts a value of the type with which start resolves (T10)", async () => {
    const owner = new Owner();
    const ready = owner.start((_, started: (value: { port: number }) => void) => started({ port: 1 }));
    expectTypeOf(ready).toEqualTypeOf<Promise<{ port: number }>>();
    // @ts-expect-error -- a string is not a number
    const other = owner.start<number>((_, started) => started("text"));
    // @ts-expect-error -- without a type parameter there is no value
    const unsaid = owner.start((_, started) => started("text"));
    await Promise.all([ready, other, unsaid, owner.set.finish()]);
  });
});

describe("startTask: a child that fails before it is ready", () => {
  it.each([
    ["synchronously", (error: unknown) => () => { throw error; }], // prettier-ignore
    ["later", (error: unknown) => (scope: CancelScope) => scope.checkpoint().then(() => Promise.reject(error))],
  ])(
    "a child that fails %s rejects start with its very error, bare, and simply ends for the owner (T10)",
    async (_, failing) => {
      const owner = new Owner();
      const error = new Error("address in use");
      expect(await outcomeOf(owner.start(failing(error)))).toEqual({ error });
      expect(owner.statuses).toEqual(["fulfilled"]);
      await owner.set.finish();
    },
  );

  it("start rejects with any thrown value, also with a primitive or undefined (T10)", async () => {
    const owner = new Owner();
    expect(await outcomeOf(owner.start(() => Promise.reject("text")))).toEqual({ error: "text" });
    expect(await Promise.allSettled([owner.start(() => Promise.reject(undefined))])).toEqual([
      { status: "rejected", reason: undefined },
    ]);
    await owner.set.finish();
    expect(owner.failures).toEqual([]);
  });

  it("a child that fails before started has ended and is not counted when start rejects (T10)", async () => {
    const owner = new Owner({ limit: 1 });
    await outcomeOf(owner.start(() => Promise.reject(new Error("no"))));
    expect(owner.set.size).toBe(0);
    await owner.set.finish();
  });

  it("a cancelled child that fails while it unwinds rejects start with that error (T10, K2)", async () => {
    const owner = new Owner();
    const error = new Error("cleanup");
    const ready = owner.start((scope) => scope.sleep(Infinity).catch(() => Promise.reject(error)));
    owner.set.scope.cancel();
    expect(await outcomeOf(ready)).toEqual({ error });
    expect(owner.statuses).toEqual(["fulfilled"]);
    await owner.set.finish();
  });

  it("a cancellation of another scope is an ordinary failure of the child (T10, K6)", async () => {
    const owner = new Owner();
    const other = new CancelScope();
    other.cancel();
    expect(await outcomeOf(owner.start(() => other.checkpoint()))).toEqual({ error: other.reason });
    expect(owner.statuses).toEqual(["fulfilled"]);
    await owner.set.finish();
  });

  it("the error is an unhandled rejection if start is not awaited (T10)", async () => {
    const error = new Error("not awaited");
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

  it("the error of a child does not mention a scope left open in which nothing runs (T10, S16)", async () => {
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

  it("start rejects with a group of the child's failure and the error of a live scope that it left open (T10, S16)", async () => {
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

// The rejections here need no handler. The checks after each test would notice an unhandled rejection.
describe("startTask: a child that ends without calling started", () => {
  it("start rejects with an InvalidStateError that says what to do if the child never calls started (T10)", async () => {
    const owner = new Owner();
    const { error } = await outcomeOf(owner.start(async function listener() {}));
    expect(error).toBeInstanceOf(InvalidStateError);
    expect((error as Error).message).toBe(
      'Task "listener" ended without calling started(): call it when the task is ready, with the value for the caller of start().',
    );
    expect(owner.statuses).toEqual(["fulfilled"]);
    await owner.set.finish();
  });

  it("the rejection for a child that never calls started is not an unhandled rejection (T10)", async () => {
    const owner = new Owner();
    void owner.start(() => {});
    await owner.set.finish();
    await settled();
    expect(owner.statuses).toEqual(["fulfilled"]);
  });

  it("start rejects with the error of the scope that the child left open, and its owner sees no failure (T10, S16)", async () => {
    const owner = new Owner();
    const { error } = await outcomeOf(owner.start((scope) => new CancelScope({ parent: scope })));
    await owner.set.finish();
    expect(owner.failures).toEqual([]);
    expect(error).toBeInstanceOf(InvalidStateError);
  });
});

describe("startTask: a child that is cancelled before it is ready", () => {
  it.each([
    ["the cancellation of its owner", (owner: Owner) => owner.set.scope.cancel("over")],
    ["the cancellation of an outer owner", (_: Owner, outer: CancelScope) => outer.cancel("over")],
    ["task.cancel", (owner: Owner) => [...owner.set][0]?.cancel("over")],
    ["itself", (owner: Owner) => [...owner.set][0]?.scope.cancel("over")],
  ])("%s before started rejects start with the child's CancelledError (T10)", async (_, cancel) => {
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

  it("the rejection for a cancelled child is not an unhandled rejection (T10)", async () => {
    const owner = new Owner();
    void owner.start((scope) => scope.sleep(Infinity));
    owner.set.scope.cancel();
    await owner.set.finish();
    await settled();
    expect(owner.statuses).toEqual(["cancelled"]);
  });

  it("start rejects with the CancelledError if the child returned because it was cancelled (T10)", async () => {
    const owner = new Owner();
    const ready = owner.start((scope) => scope.sleep(Infinity).catch(() => "tidied up"));
    owner.set.scope.cancel();
    expect(await outcomeOf(ready)).toEqual({ error: owner.set.scope.reason });
    expect(owner.statuses).toEqual(["fulfilled"]);
    await owner.set.finish();
  });

  it("start rejects only once the cancelled child has ended, including its cleanup (T10, T1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const owner = new Owner({ clock });
    const ready = owner.start((scope) => scope.sleep(Infinity).finally(() => new CancelScope({ clock }).sleep(30)));
    owner.set.scope.cancel();
    await outcomeOf(ready);
    expect(clock.now()).toBe(30);
    expect(owner.set.size).toBe(0);
    await owner.set.finish();
  });

  it("a child that throws a platform abort after its cancellation counts as cancelled (T10, S15)", async () => {
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
  it("a child under a limit starts when its turn comes, first in first out (T10, T8)", async () => {
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

  it("start rejects with the CancelledError of a child that is cancelled before its turn, and never calls it (T10, T8)", async () => {
    const owner = new Owner({ limit: 1 });
    owner.set.createTask((scope) => scope.sleep(Infinity));
    const ready = owner.start(() => expect.unreachable());
    owner.set.scope.cancel();
    expect(await outcomeOf(ready)).toEqual({ error: owner.set.scope.reason });
    await owner.set.finish();
    expect(owner.statuses).toEqual(["cancelled", "cancelled"]);
  });

  it("start rejects if the scope of the child was closed before its turn, and its owner sees no failure (T10)", async () => {
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

  it("a child that fails before it is ready frees its place (T10, T8)", async () => {
    const owner = new Owner({ limit: 1 });
    const failed = owner.start(() => Promise.reject(new Error("no")));
    const next = owner.start<string>((_, started) => started("next"));
    await outcomeOf(failed);
    expect(await next).toBe("next");
    await owner.set.finish();
  });
});

describe("startTask where createTask would throw", () => {
  it("start rejects with the CancelledError of a cancelled owner, does not call the function, and leaves no unhandled rejection (T10, T6)", async () => {
    const owner = new Owner();
    owner.set.scope.cancel("over");
    const ready = owner.start(() => expect.unreachable());
    await settled();
    expect(await outcomeOf(ready)).toEqual({ error: owner.set.scope.reason });
    await owner.set.finish();
  });

  it("start rejects with the ClosedError of an owner that has finished or refuses tasks (T10, T6)", async () => {
    const finished = new Owner();
    await finished.set.finish();
    expect((await outcomeOf(finished.start(() => expect.unreachable()))).error).toBeInstanceOf(ClosedError);

    const refusing = new Owner();
    refusing.set.refuse("No more.");
    refusing.set.scope.cancel();
    expect((await outcomeOf(refusing.start(() => expect.unreachable()))).error).toEqual(new ClosedError("No more."));
    await refusing.set.finish();
  });

  it("a ClosedError of start, which is misuse, is an unhandled rejection if start is not awaited (T10)", async () => {
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

  it("start throws at once for wrong arguments, and starts nothing (T10)", () => {
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
  it("the name of the child is the given one, or the function's own (C3)", async () => {
    const owner = new Owner();
    void owner.start(function listen() {});
    void owner.start(function listen() {}, { name: "HTTP" });
    void owner.start(() => {});
    await owner.set.finish();
    expect(owner.ended.map(({ name }) => name)).toEqual(["listen", "HTTP", "anonymous"]);
  });

  it("a child whose function's name is not a string, or throws, is anonymous and starts nevertheless (C3)", async () => {
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
  it("start reports nothing as uncaught, awaited or not (T10)", async () => {
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
