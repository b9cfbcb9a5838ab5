import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, type Task } from "../../src/index.js";
import { deferred } from "../../src/internal.js";
import {
  startTask,
  type StartFunction,
  type StartOptions,
  TaskOwner,
  type TaskOwnerOptions,
} from "../../src/lowlevel.js";
import { outcomeOf } from "../watching.js";

/** An owner that records how its children ended. */
class Owner {
  readonly ended: Task<unknown>[] = [];
  readonly set: TaskOwner;

  constructor(options: TaskOwnerOptions = {}) {
    this.set = new TaskOwner("Owner", options, { taskEnded: (task) => this.ended.push(task) });
  }

  start<S = void>(fn: StartFunction<S>, options?: StartOptions): Promise<S> {
    return startTask(this.set, fn, options);
  }

  get statuses(): string[] {
    return this.ended.map((task) => task.status);
  }
}

const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);
const listeners = (scope: CancelScope): unknown => (scope as unknown as { _waiters: unknown })._waiters;

describe("startTask with the caller's scope", () => {
  it("start cancels the child with the caller's reason, and rejects with it once the child has ended (T10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const owner = new Owner({ clock });
    const caller = new CancelScope({ clock });
    const ready = owner.start((scope) => scope.sleep(Infinity).finally(() => new CancelScope({ clock }).sleep(30)), {
      scope: caller,
    });
    const [task] = owner.set;
    caller.cancel("gave up");
    expect(task!.scope.reason).toBe(caller.reason);
    expect(await outcomeOf(ready)).toEqual({ error: caller.reason });
    expect([clock.now(), owner.set.size, owner.statuses]).toEqual([30, 0, ["cancelled"]]);
    expect(owner.set.scope.cancelled).toBe(false);
    await owner.set.finish();
    caller.close();
  });

  it("the child is cancelled by an ancestor of the caller's scope, and by its deadline (T10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const owner = new Owner({ clock });
    const outer = new CancelScope({ clock });
    const caller = new CancelScope({ parent: outer });
    const ready = owner.start(forever, { scope: caller });
    outer.cancel();
    expect(await outcomeOf(ready)).toEqual({ error: outer.reason });
    const timed = new CancelScope({ clock, deadline: clock.now() + 10 });
    expect(await outcomeOf(owner.start(forever, { scope: timed }))).toEqual({ error: timed.reason });
    await owner.set.finish();
  });

  it("a child never becomes ready after its caller is cancelled, and the caller's run absorbs the cancellation (T10, S14)", async () => {
    const clock = new VirtualClock();
    const owner = new Owner({ clock });
    const caller = new CancelScope({ clock });
    let isReady = false;
    const slow: StartFunction<undefined> = async (scope, started) => {
      await scope.sleep(100);
      started(undefined);
      isReady = true;
    };
    const run = caller.run(() => owner.start(slow, { scope: caller }));
    caller.cancel();
    expect(await run).toBeUndefined();
    await clock.advance(200);
    expect([isReady, caller.cancelledCaught, owner.statuses]).toEqual([false, true, ["cancelled"]]);
    await owner.set.finish();
  });

  it("start rejects, bare, with the error with which the child failed while it unwound (T10)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    const error = new Error("cleanup");
    const ready = owner.start((scope) => forever(scope).catch(() => Promise.reject(error)), { scope: caller });
    caller.cancel();
    expect(await outcomeOf(ready)).toEqual({ error });
    expect(owner.statuses).toEqual(["fulfilled"]);
    await owner.set.finish();
  });

  it("start rejects with scope.reason if the child returned because it was cancelled (T10)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    const ready = owner.start((scope) => forever(scope).catch(() => "tidied up"), { scope: caller });
    caller.cancel();
    expect(await outcomeOf(ready)).toEqual({ error: caller.reason });
    await owner.set.finish();
  });

  it("start rejects with scope.reason if the child was cancelled for another reason first (T10)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    const ready = owner.start((scope) => forever(scope).finally(() => settled()), { scope: caller });
    const [task] = owner.set;
    task!.cancel("first");
    caller.cancel("second");
    expect(await outcomeOf(ready)).toEqual({ error: caller.reason });
    expect(task!.scope.reason?.cause).toBe("first");
    await owner.set.finish();
  });

  it("start with a scope is never an unhandled rejection (T10)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    void owner.start(forever, { scope: caller });
    caller.cancel();
    void owner.start(forever, { scope: caller });
    await settled(); // The checks after each test would notice an unhandled rejection.
    await owner.set.finish();
    expect(owner.statuses).toEqual(["cancelled"]);
  });

  it("start in a cancelled scope starts nothing, and rejects at once with the scope's reason (T10)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    caller.cancel();
    const ready = owner.start(() => expect.unreachable(), { scope: caller });
    expect(owner.set.size).toBe(0);
    expect(await outcomeOf(ready)).toEqual({ error: caller.reason });
    owner.set.close();
  });

  it("start in a closed scope starts nothing, and rejects with ClosedError (T10)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    caller.close();
    const { error } = await outcomeOf(owner.start(() => expect.unreachable(), { scope: caller }));
    expect(error).toBeInstanceOf(ClosedError);
    owner.set.close();
  });

  it("the child is cancelled if the caller's scope is closed before it is ready, and start rejects with ClosedError (T10)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    const ready = owner.start(forever, { scope: caller });
    caller.close();
    const { error } = await outcomeOf(ready);
    expect(error).toBeInstanceOf(ClosedError);
    expect(owner.statuses).toEqual(["cancelled"]);
    expect(owner.ended[0]!.scope.reason?.cause).toBe(error);
    await owner.set.finish();
  });

  it("a queued child never starts if the caller's scope is cancelled before its turn (T10, T8)", async () => {
    const owner = new Owner({ limit: 1 });
    const caller = new CancelScope();
    const gate = owner.set.createTask(forever);
    const ready = owner.start(() => expect.unreachable(), { scope: caller });
    caller.cancel();
    expect(await outcomeOf(ready)).toEqual({ error: caller.reason });
    gate.cancel();
    await owner.set.finish();
  });

  it("a child whose function cancels the caller's scope before it returns is cancelled (T10, K1)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    const ready = owner.start(
      (scope) => {
        caller.cancel();
        return forever(scope);
      },
      { scope: caller },
    );
    expect(await outcomeOf(ready)).toEqual({ error: caller.reason });
    await owner.set.finish();
  });
});

describe("started with the caller's scope", () => {
  it("started throws the CancelledError in the child once the caller's scope is cancelled (T10)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    const go = deferred<undefined>();
    const thrown: unknown[] = [];
    const ready = owner.start(
      async (_, started) => {
        await go.promise; // It ignores its cancellation.
        for (let i = 0; i < 2; i++) {
          try {
            started();
          } catch (error) {
            thrown.push(error);
          }
        }
        throw thrown[0];
      },
      { scope: caller },
    );
    caller.cancel();
    go.resolve(undefined);
    expect(await outcomeOf(ready)).toEqual({ error: caller.reason });
    expect(thrown).toEqual([caller.reason, caller.reason]);
    expect(owner.statuses).toEqual(["cancelled"]);
    await owner.set.finish();
  });

  it("started throws the CancelledError if the caller's deadline passed unnoticed (T10, S9)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    const owner = new Owner();
    const caller = new CancelScope({ clock, deadline: 10 });
    const ready = owner.start(
      (_, started) => {
        time = 10;
        started();
        expect.unreachable();
      },
      { scope: caller },
    );
    expect(await outcomeOf(ready)).toEqual({ error: caller.reason });
    expect(owner.statuses).toEqual(["cancelled"]);
    await owner.set.finish();
  });

  it("started throws the CancelledError in the very call in which the caller's scope was cancelled (T10)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    let thrown: unknown;
    const ready = owner.start(
      (scope, started) => {
        caller.cancel();
        try {
          started();
        } catch (error) {
          thrown = error;
        }
        return forever(scope);
      },
      { scope: caller },
    );
    expect(await outcomeOf(ready)).toEqual({ error: caller.reason });
    expect(thrown).toBe(caller.reason);
    await owner.set.finish();
  });

  it("started throws InvalidStateError at a second call in one run (T10)", async () => {
    const owner = new Owner();
    using caller = new CancelScope();
    const ready = owner.start<number>(
      (_, started) => {
        started(1);
        started(2);
      },
      { scope: caller },
    );
    expect(await ready).toBe(1);
    await owner.set.finish();
    expect(owner.ended[0]!.exception()).toBeInstanceOf(InvalidStateError);
  });

  it("a cancellation of the caller's scope after started does nothing to the child (T10)", async () => {
    const owner = new Owner();
    const caller = new CancelScope();
    const ready = owner.start<string>(
      async (scope, started) => {
        started("ready");
        await forever(scope);
      },
      { scope: caller },
    );
    expect(listeners(caller)).toBeUndefined();
    caller.cancel();
    expect(await ready).toBe("ready");
    await settled();
    const [task] = owner.set;
    expect([task!.done, task!.scope.cancelled]).toEqual([false, false]);
    owner.set.scope.cancel();
    await owner.set.finish();
  });

  it("start leaves nothing on the caller's scope, however it ends (T10)", async () => {
    const owner = new Owner({ limit: 2 });
    using caller = new CancelScope();
    const ends: StartFunction<unknown>[] = [
      (_, started) => started(1),
      () => {},
      () => Promise.reject(new Error("no")),
      (scope) => scope.cancel(),
    ];
    for (const fn of ends) {
      await outcomeOf(owner.start(fn, { scope: caller }));
      expect(listeners(caller)).toBeUndefined();
    }
    await owner.set.finish();
    await outcomeOf(owner.start(() => {}, { scope: caller }).catch(() => {}));
    expect(listeners(caller)).toBeUndefined();
  });
});

describe("startTask's options", () => {
  it.each([
    [{ scope: "s" }, `The option "scope" must be the caller's CancelScope, got "s".`],
    [{ scope: null }, `The option "scope" must be the caller's CancelScope, got null.`],
    [
      { scope: new AbortController().signal },
      `The option "scope" must be the caller's CancelScope, got an AbortSignal.`,
    ],
    [{ name: 5 }, "A task's name must be a string, got 5."],
    ["text", 'The options must be an object, got "text".'],
    [null, "The options must be an object, got null."],
  ])("startTask throws synchronously for %o, and starts nothing (T10)", (wrong, message) => {
    const owner = new Owner();
    expect(() => owner.start(() => expect.unreachable(), wrong as never)).toThrow(new TypeError(message));
    expect(owner.set.size).toBe(0);
    owner.set.close();
  });

  it("startTask checks its options in a cancelled scope, too (T10)", () => {
    const owner = new Owner();
    const scope = new CancelScope();
    scope.cancel();
    expect(() => owner.start(() => {}, { scope, name: 5 as never })).toThrow(TypeError);
    owner.set.close();
  });
});
