import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, type Clock, ClosedError } from "../../src/index.js";
import { checkWaitScope, isOver, refusalOf, scopeOf, Turn, TurnQueue } from "../../src/internal.js";
import { observe } from "../../src/lowlevel.js";
import { outcomeOf } from "../watching.js";

class Named extends Turn<string> {
  readonly name: string;
  constructor(scope: CancelScope | AbortSignal, name: string) {
    super(scope);
    this.name = name;
  }

  override get waiting(): string {
    return this.name;
  }
}

function makeQueue() {
  const queue = new TurnQueue<Named>();
  const stand = (scope: CancelScope | AbortSignal, name: string): Promise<string> =>
    new Named(scope, name).stand(queue);
  const names = (): string[] => Array.from(queue, ({ name }) => name);
  return { queue, stand, names };
}

const failure = new Error("the clock is broken");
const fail = (): never => {
  throw failure;
};
const still: Clock = { now: () => 0, setTimer: () => 0, clearTimer: () => {} };

describe("TurnQueue", () => {
  it("has its entries in the order in which they came, and loses those that leave (M3, M4)", () => {
    const { queue, stand, names } = makeQueue();
    const scopes = ["a", "b", "c", "d"].map((name) => {
      const scope = new CancelScope();
      void stand(scope, name);
      return scope;
    });
    expect([names(), queue.length, queue.first?.name]).toEqual([["a", "b", "c", "d"], 4, "a"]);
    scopes[1]!.cancel();
    expect([names(), queue.length]).toEqual([["a", "c", "d"], 3]);
    scopes[0]!.cancel();
    scopes[3]!.close();
    expect([names(), queue.first?.name]).toEqual([["c"], "c"]);
    scopes[2]!.cancel();
    expect([names(), queue.length, queue.first]).toEqual([[], 0, undefined]);
  });

  it("skips entries whose time is up, without cancelling them (M3, S9)", async () => {
    const clock = new VirtualClock();
    const { queue, stand } = makeQueue();
    const late = new CancelScope({ clock });
    using live = new CancelScope({ clock });
    let seen: unknown[] = [];
    clock.setTimer(() => {
      let listeners = 0;
      late.onCancel(() => listeners++);
      seen = [queue.length, queue.first?.name, queue.length, listeners];
    }, 10);
    late.deadline = 10;
    const ended = outcomeOf(stand(late, "late"));
    void stand(live, "live");
    await clock.advance(9);
    expect(queue.first?.name).toBe("late");
    await clock.advance(1);
    expect(seen[1]).toBe("live");
    expect(await ended).toEqual({ error: late.reason });
  });

  it("an entry may be removed while the queue is iterated over (M7)", () => {
    const { queue, stand } = makeQueue();
    using scope = new CancelScope();
    for (const name of ["a", "b", "c"]) void stand(scope, name);
    const seen: string[] = [];
    for (const entry of queue) {
      seen.push(entry.name);
      queue.remove(entry);
      queue.remove(entry);
    }
    expect([seen, queue.length]).toEqual([["a", "b", "c"], 0]);
  });

  it("refuses an entry whose clock throws, and goes on with the next (C1)", async () => {
    const { queue, stand } = makeQueue();
    const clock = { ...still };
    const broken = outcomeOf(stand(new CancelScope({ clock, deadline: 10 }), "broken"));
    using scope = new CancelScope();
    void stand(scope, "next");
    clock.now = fail;
    expect([queue.first?.name, queue.length]).toEqual(["next", 1]);
    expect(await broken).toEqual({ error: failure });
  });

  it("does not return an entry that its clock has cancelled or taken from the queue (C1)", () => {
    const { queue, stand } = makeQueue();
    const clock = { ...still };
    const scope = new CancelScope({ clock, deadline: 10 });
    void stand(scope, "a");
    using other = new CancelScope();
    void stand(other, "b");
    clock.now = () => {
      clock.now = () => 0;
      scope.cancel();
      return 0;
    };
    expect(queue.first?.name).toBe("b");
    const own = new CancelScope({ clock, deadline: 10 });
    const second = makeQueue();
    void second.stand(own, "c");
    void second.stand(other, "d");
    clock.now = () => {
      clock.now = () => 0;
      for (const entry of second.queue) second.queue.remove(entry);
      return 0;
    };
    expect(second.queue.first).toBeUndefined();
  });
});

describe("Turn", () => {
  it("resolves if and only if something is handed over to it (M2)", async () => {
    const { queue, stand } = makeQueue();
    const scope = new CancelScope();
    const [granted, cancelled] = [stand(scope, "a"), outcomeOf(stand(scope, "b"))];
    queue.first!.grant("value");
    scope.cancel();
    expect([await granted, await cancelled]).toEqual(["value", { error: scope.reason }]);
  });

  it("begins in a scope that has ended since it was checked by rejecting, and joins no queue (M2)", async () => {
    const { queue } = makeQueue();
    for (const end of [(scope: CancelScope) => scope.cancel(), (scope: CancelScope) => scope.close()]) {
      const scope = new CancelScope();
      const turn = new Named(scope, "a");
      end(scope);
      const { error } = await outcomeOf(turn.stand(queue));
      expect(error).toSatisfy((value) => value === scope.reason || value instanceof ClosedError);
      expect([queue.length, turn.scope]).toEqual([0, undefined]);
    }
  });

  it("begins although an observer ends its scope at that moment, and rejects (M2, N2)", async () => {
    const { queue, stand } = makeQueue();
    const controller = new AbortController();
    using registration = observe({ opened: () => controller.abort() });
    const { error } = await outcomeOf(stand(controller.signal, "a"));
    expect([registration, (error as Error).name, queue.length]).toEqual([registration, "AbortError", 0]);
  });

  it("with a signal, has a scope of its own, which closes with the wait (S8)", async () => {
    const { queue, stand } = makeQueue();
    let listeners = 0;
    const { signal } = new AbortController();
    const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
    const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
    signal.addEventListener = (...args: unknown[]) => (listeners++, add(...args));
    signal.removeEventListener = (...args: unknown[]) => (listeners--, remove(...args));
    const waits = [stand(signal, "a"), stand(signal, "b")];
    expect(listeners).toBe(1);
    queue.first!.grant("value");
    queue.first!.refuse(failure);
    expect(await outcomeOf(waits[0]!)).toEqual({ value: "value" });
    expect(await outcomeOf(waits[1]!)).toEqual({ error: failure });
    expect([listeners, queue.length]).toEqual([0, 0]);
  });

  it("with the signal of a scope, waits in that scope (S8)", async () => {
    const { queue, stand } = makeQueue();
    const scope = new CancelScope();
    const waits = outcomeOf(stand(scope.signal, "a"));
    expect(queue.first?.scope).toBe(scope);
    scope.cancel();
    expect(await waits).toEqual({ error: scope.reason });
  });

  it("is rejected without anybody who awaits it, and that is never unhandled (M2)", async () => {
    const { stand } = makeQueue();
    const [cancelled, closed] = [new CancelScope(), new CancelScope()];
    void stand(cancelled, "a");
    void stand(closed, "b");
    cancelled.cancel();
    closed.close();
    await settled();
    expect(cancelled.cancelled).toBe(true);
  });
});

describe("the scope of a wait", () => {
  it("is a scope or a signal; anything else is a TypeError (M1)", () => {
    expect(() => checkWaitScope(new CancelScope())).not.toThrow();
    expect(() => checkWaitScope(new AbortController().signal)).not.toThrow();
    for (const value of [undefined, null, 1, "", {}, [], () => {}])
      expect(() => checkWaitScope(value)).toThrow(TypeError);
  });

  it("of a signal is the scope that it belongs to, if there is one (S8)", () => {
    const scope = new CancelScope();
    expect(scopeOf(scope)).toBe(scope);
    expect(scopeOf(scope.signal)).toBe(scope);
    expect(scopeOf(new AbortController().signal)).toBeUndefined();
    expect(scopeOf(AbortSignal.any([scope.signal]))).toBeUndefined();
  });

  it("refuses when it is cancelled or closed, and not otherwise (M2)", async () => {
    const scope = new CancelScope();
    expect([refusalOf(scope), refusalOf(scope.signal), refusalOf(new AbortController().signal)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    scope.cancel();
    for (const each of [scope, scope.signal, AbortSignal.any([scope.signal])]) {
      expect(await outcomeOf(refusalOf(each)!)).toEqual({ error: scope.reason });
    }
    const closed = new CancelScope();
    closed.close();
    for (const each of [closed, closed.signal]) {
      expect((await outcomeOf(refusalOf(each)!)).error).toBeInstanceOf(ClosedError);
    }
    expect((await outcomeOf(refusalOf(AbortSignal.abort("why"))!)).error).toMatchObject({ cause: "why" });
  });
});

describe("isOver", () => {
  it("sees a cancellation, an end and each visible deadline, and cancels nothing (S9)", async () => {
    const clock = new VirtualClock();
    const outer = new CancelScope({ clock });
    const inner = new CancelScope({ parent: outer });
    const shielded = new CancelScope({ parent: outer, shield: true });
    let seen: unknown[] = [];
    clock.setTimer(() => {
      seen = [isOver(inner), isOver(outer), isOver(shielded)];
    }, 10);
    outer.deadline = 10;
    expect([isOver(inner), isOver(outer)]).toEqual([false, false]);
    await clock.advance(10);
    expect(seen).toEqual([true, true, false]);
    shielded.close();
    expect([isOver(inner), isOver(shielded)]).toEqual([true, true]);
  });

  it("sees that the clock has ended the scope while it was read (C1)", () => {
    const clock = { ...still };
    const scope = new CancelScope({ clock, deadline: 10 });
    clock.now = () => {
      clock.now = () => 0;
      scope.cancel();
      return 0;
    };
    expect(isOver(scope)).toBe(true);
  });
});
