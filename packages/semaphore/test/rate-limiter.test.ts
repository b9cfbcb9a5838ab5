import { observe } from "@selvage/scope/lowlevel";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, type Clock, RateLimiter, type RateLimiterOptions } from "../src/index.js";
import { BrokenClock, closedScope, Ends, errorOf } from "./watching.js";

/** A limiter on a clock, and a function that takes tokens and notes when it got them. */
function make(options: Omit<RateLimiterOptions, "clock">, start = 0) {
  const clock = new VirtualClock({ start });
  const limiter = new RateLimiter({ ...options, clock });
  const scope = new CancelScope({ clock });
  const times: [string, number][] = [];
  const take = (name: string, n?: number, own: CancelScope | AbortSignal = scope): void => {
    void limiter.take(own, n).then(
      () => times.push([name, clock.now() - start]),
      () => times.push([`${name} failed`, clock.now() - start]),
    );
  };
  return { clock, limiter, scope, times, take };
}

describe("the options and arguments of a rate limiter", () => {
  const good = { rate: 1, per: 1 };
  it.each([
    ["no options", undefined],
    ["options that are not an object", 1],
    ["no rate", { per: 1 }],
    ["a rate that is a string", { rate: "1", per: 1 }],
    ["a rate that is NaN", { rate: NaN, per: 1 }],
    ["no per", { rate: 1 }],
    ["a burst that is NaN", { ...good, burst: NaN }],
    ["a burst that is null", { ...good, burst: null }],
    ["a name that is a number", { ...good, name: 1 }],
    ["a clock that is none", { ...good, clock: {} }],
  ])("%s is a TypeError (M12)", (_, options) => {
    expect(() => new RateLimiter(options as never)).toThrow(TypeError);
  });

  it.each([
    ["a rate of 0", { rate: 0, per: 1 }],
    ["a negative rate", { rate: -1, per: 1 }],
    ["an infinite rate", { rate: Infinity, per: 1 }],
    ["a per of 0", { rate: 1, per: 0 }],
    ["an infinite per", { rate: 1, per: Infinity }],
    ["a burst below 1", { ...good, burst: 0.5 }],
    ["an infinite burst", { ...good, burst: Infinity }],
  ])("%s is a RangeError (M12)", (_, options) => {
    expect(() => new RateLimiter(options)).toThrow(RangeError);
  });

  it("n that is not a positive integer, or more than burst, is an error at once (M1, M12)", () => {
    const { limiter, scope } = make({ rate: 1, per: 1_000, burst: 3, name: "mails" });
    for (const n of ["1", null]) {
      expect(() => limiter.take(scope, n as never)).toThrow(TypeError);
      expect(() => limiter.tryTake(n as never)).toThrow(TypeError);
    }
    for (const n of [0, -1, 0.5, NaN, Infinity]) {
      expect(() => limiter.take(scope, n)).toThrow(RangeError);
      expect(() => limiter.tryTake(n)).toThrow(RangeError);
    }
    expect(() => limiter.take(scope, 4)).toThrow(
      new RangeError('4 tokens can never be taken: the rate limiter "mails" holds at most 3.'),
    );
    expect(limiter.tryTake(3)).toBe(true);
  });

  it("a scope that is neither a scope nor a signal is a TypeError (M12)", () => {
    const { limiter } = make({ rate: 1, per: 1_000 });
    expect(() => limiter.take(undefined as never)).toThrow(TypeError);
    expect(() => limiter.take({} as never)).toThrow(TypeError);
    expect(limiter.tryTake()).toBe(true);
  });
});

describe("the bucket", () => {
  it("is full at the start, and holds `rate` tokens by default (M12)", () => {
    const { limiter } = make({ rate: 3, per: 1_000 });
    expect([1, 2, 3, 4].map(() => limiter.tryTake())).toEqual([true, true, true, false]);
  });

  it("holds at least one token, also at a rate below 1 (M12)", async () => {
    const { clock, limiter } = make({ rate: 0.5, per: 1_000 });
    expect([limiter.tryTake(), limiter.tryTake()]).toEqual([true, false]);
    await clock.advance(1_999);
    expect(limiter.tryTake()).toBe(false);
    await clock.advance(1);
    expect(limiter.tryTake()).toBe(true);
  });

  it("fills at its rate, and holds `burst` tokens at most (M12)", async () => {
    const { clock, limiter } = make({ rate: 10, per: 1_000, burst: 4 });
    expect(limiter.tryTake(4)).toBe(true);
    await clock.advance(100);
    expect([limiter.tryTake(), limiter.tryTake()]).toEqual([true, false]);
    await clock.advance(1_000_000);
    expect([1, 2, 3, 4, 5].map(() => limiter.tryTake())).toEqual([true, true, true, true, false]);
  });

  it("gives `burst` at once, then one after the other at the rate (M12)", async () => {
    const { clock, times, take } = make({ rate: 10, per: 1_000, burst: 2 });
    for (const name of ["a", "b", "c", "d"]) take(name);
    await clock.runAll();
    expect(times).toEqual([
      ["a", 0],
      ["b", 0],
      ["c", 100],
      ["d", 200],
    ]);
  });

  it("does not wait if nothing waits and there are tokens, and sets no timer (M12)", async () => {
    const { clock, limiter, scope } = make({ rate: 2, per: 1_000 });
    const waits: unknown[] = [];
    using registration = observe({ waiting: (_, what) => waits.push(what) });
    await Promise.all([limiter.take(scope), limiter.take(scope)]);
    expect([clock.pending, limiter.waiting, clock.now()]).toEqual([0, 0, 0]);
    expect([registration, waits]).toEqual([registration, []]);
  });

  it("may have a burst that is a fraction (M12)", async () => {
    const { clock, limiter } = make({ rate: 1, per: 100, burst: 1.5 });
    expect([limiter.tryTake(), limiter.tryTake()]).toEqual([true, false]);
    await clock.advance(50);
    expect([limiter.tryTake(), limiter.tryTake()]).toEqual([true, false]);
  });

  it.each([
    [3, 1_000, 1, 0],
    [7, 1_000, 7, 0],
    [1, 3, 1, 123.456],
    [3, 7, 2, 1e9],
    [1_000, 60_000, 10, 1e9],
    [0.3, 1, 1, 0.1],
  ])(
    "gives exactly its rate over a long time: %d per %d ms, burst %d, from %d (M12)",
    async (rate, per, burst, start) => {
      const { clock, limiter, scope } = make({ rate, per, burst }, start);
      let taken = 0;
      let last = 0;
      const count = 9_000;
      const waits = Array.from({ length: count }, () =>
        limiter.take(scope).then(() => {
          taken++;
          last = clock.now();
        }),
      );
      await clock.runAll();
      await Promise.all(waits);
      const expected = start + ((count - burst) * per) / rate;
      expect(taken).toBe(count);
      expect(Math.abs(last - expected)).toBeLessThanOrEqual(1e-15 * expected * 4);
    },
  );

  it("is exact for a caller that always comes when a token is due (M12)", async () => {
    const { clock, limiter } = make({ rate: 3, per: 1_000, burst: 2 });
    let taken = 0;
    for (let second = 0; second <= 10_000; second++) {
      for (const part of [0, 334, 667]) {
        await clock.advanceTo(second * 1_000 + part);
        if (limiter.tryTake()) taken++;
      }
    }
    expect(taken).toBe(3 * 10_001);
  });

  it("never gives more than burst + rate × time, although it was idle in between (M12)", async () => {
    const { clock, limiter } = make({ rate: 5, per: 100, burst: 3 });
    const given: number[] = [];
    for (let step = 0; step < 500; step++) {
      await clock.advance(step % 50 === 0 ? 1_000 : 7);
      while (limiter.tryTake()) given.push(clock.now());
    }
    for (let from = 0; from < given.length; from++) {
      for (let to = from; to < Math.min(given.length, from + 60); to++) {
        expect(to - from + 1).toBeLessThanOrEqual(3 + ((given[to]! - given[from]!) * 5) / 100 + 1e-6);
      }
    }
  });

  it("without a clock it uses the platform's timers (M12)", async () => {
    const limiter = new RateLimiter({ rate: 1_000, per: 1_000, burst: 1 });
    using scope = new CancelScope();
    await Promise.all([limiter.take(scope), limiter.take(scope), limiter.take(scope)]);
    expect([limiter.waiting, limiter.name]).toEqual([0, undefined]);
  });

  it("a rate so low that the next token never comes waits for its scope (M12)", async () => {
    const { clock, limiter, scope, times, take } = make({ rate: Number.MIN_VALUE, per: 1e300 });
    take("first");
    take("never");
    await settled();
    expect([times, limiter.waiting, clock.pending]).toEqual([[["first", 0]], 1, 0]);
    scope.cancel();
    expect(limiter.waiting).toBe(0);
  });

  it("waits for longer than a timer can (M12, S10)", async () => {
    const { clock, times, take } = make({ rate: 1, per: 2 ** 33 });
    take("a");
    take("b");
    await clock.runAll();
    expect(times).toEqual([
      ["a", 0],
      ["b", 2 ** 33],
    ]);
  });
});

describe("waiters", () => {
  it("are served first in, first out, whatever number they ask for (M3, M12)", async () => {
    const { clock, limiter, times, take } = make({ rate: 1, per: 10, burst: 5 });
    take("start", 5);
    take("large", 5);
    take("small");
    expect([limiter.waiting, limiter.tryTake()]).toEqual([2, false]);
    await clock.advance(40);
    expect(limiter.tryTake()).toBe(false); // 4 tokens are there, and the large one waits for them
    await clock.runAll();
    expect(times).toEqual([
      ["start", 0],
      ["large", 50],
      ["small", 60],
    ]);
  });

  it("that are cancelled take no token, and those behind them have their turn earlier (M4, M12)", async () => {
    const { clock, limiter, times, take } = make({ rate: 1, per: 10, burst: 5 });
    take("start", 5);
    const leaving = new CancelScope();
    take("large", 5, leaving);
    take("a");
    take("b");
    await clock.advance(15);
    expect(times).toEqual([["start", 0]]);
    leaving.cancel();
    await settled();
    expect([times.length, limiter.waiting]).toEqual([3, 1]); // one at once, with the token that is there
    await clock.runAll();
    expect(times.slice(1)).toEqual([
      ["a", 15],
      ["large failed", 15],
      ["b", 20],
    ]);
  });

  it("that are cancelled in the middle or at the end change nothing for those before them (M4, M12)", async () => {
    const { clock, times, take } = make({ rate: 1, per: 10 });
    const leaving = new CancelScope();
    for (const name of ["start", "a", "leaves", "b", "leaves", "c"]) {
      if (name === "leaves") take(name, 1, leaving);
      else take(name);
    }
    await clock.advance(5);
    leaving.cancel();
    await clock.runAll();
    expect(times.filter(([name]) => !name.includes("failed"))).toEqual([
      ["start", 0],
      ["a", 10],
      ["b", 20],
      ["c", 30],
    ]);
    expect(clock.pending).toBe(0);
  });

  it("reject in a cancelled and in a closed scope, at once and later, and take nothing (M2, M12)", async () => {
    const { limiter, clock } = make({ rate: 1, per: 10 });
    const cancelled = new CancelScope();
    cancelled.cancel();
    expect(await errorOf(limiter.take(cancelled))).toBe(cancelled.reason);
    expect(await errorOf(limiter.take(cancelled.signal))).toBe(cancelled.reason);
    expect(await errorOf(limiter.take(closedScope()))).toBeInstanceOf(ClosedError);
    expect(limiter.tryTake()).toBe(true);
    const closing = new CancelScope();
    const waits = errorOf(limiter.take(closing));
    closing.close();
    expect(await waits).toBeInstanceOf(ClosedError);
    expect([limiter.waiting, clock.pending]).toEqual([0, 0]);
  });

  it("may give a signal, whose abort ends the wait (M2, M12)", async () => {
    const { limiter, clock } = make({ rate: 1, per: 10 });
    limiter.tryTake();
    const controller = new AbortController();
    const waits = errorOf(limiter.take(controller.signal));
    controller.abort("gone");
    expect(await waits).toMatchObject({ name: "AbortError", cause: "gone" });
    expect([limiter.waiting, clock.pending]).toEqual([0, 0]);
    await clock.advance(10);
    await limiter.take(new AbortController().signal);
  });

  it("whose deadline is at the time of their token get the deadline, and the token stays (C1, M12)", async () => {
    const { clock, limiter, times, take } = make({ rate: 1, per: 10 });
    limiter.tryTake();
    const late = new CancelScope({ clock, deadline: 10 });
    take("late", 1, late);
    take("next");
    await clock.advance(10);
    expect(times).toContainEqual(["late failed", 10]);
    expect(times).toContainEqual(["next", 10]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "whose deadline is at the time of their token get the deadline in every order of timers: seed %d (C1, M12)",
    async (seed) => {
      const clock = new VirtualClock({ seed });
      const limiter = new RateLimiter({ rate: 1, per: 10, clock });
      limiter.tryTake();
      const late = new CancelScope({ clock, deadline: 10 });
      const scope = new CancelScope({ clock });
      const ended = errorOf(limiter.take(late));
      const next = limiter.take(scope);
      await clock.advance(10);
      expect(await ended).toBe(late.reason);
      await next;
      expect([clock.now(), limiter.tryTake()]).toEqual([10, false]);
    },
  );

  it("are served although timers are late: the rate counts from the time at which they are served (M12)", async () => {
    const clock = new BrokenClock();
    const timers: { callback: () => void; at: number }[] = [];
    clock.setTimer = (callback, delay) => timers.push({ callback, at: clock.time + delay });
    clock.clearTimer = () => {};
    const limiter = new RateLimiter({ rate: 1, per: 10, clock });
    using scope = new CancelScope();
    limiter.tryTake();
    const ends = new Ends();
    for (const name of ["a", "b", "c"]) ends.note(name, limiter.take(scope));
    clock.time = 50; // the event loop was blocked: all three timers are late
    for (const { callback } of timers.splice(0)) callback();
    await settled();
    expect([ends.list, limiter.waiting]).toEqual([["a"], 2]); // the bucket holds one token
    expect(timers.map(({ at }) => at).sort()).toEqual([60, 70, 70]); // each of them has its own timer again, and the first one a second
    clock.time = 60;
    for (const { callback } of timers.splice(0, 1)) callback();
    await settled();
    expect(ends.list).toEqual(["a", "b"]);
    clock.time = 70;
    for (const { callback } of timers.splice(0)) callback();
    await settled();
    expect(ends.list).toEqual(["a", "b", "c"]);
  });

  it("10,000 waiters that are cancelled one by one, from either end, leave no timer (M4, M12)", async () => {
    const { clock, limiter } = make({ rate: 1, per: 10 });
    limiter.tryTake();
    const scopes = Array.from({ length: 10_000 }, () => new CancelScope());
    const waits = Promise.allSettled(scopes.map((scope) => limiter.take(scope)));
    expect([limiter.waiting, clock.pending]).toEqual([10_000, 10_000]);
    for (let index = 0; index < 5_000; index++) {
      scopes[5_000 + index]!.cancel();
      scopes[4_999 - index]!.cancel();
    }
    await waits;
    expect([limiter.waiting, clock.pending]).toEqual([0, 0]);
    await clock.advance(10);
    expect(limiter.tryTake()).toBe(true);
  });
});

/** A clock like that of Workers: a timer belongs to the request that set it, and ends with it. */
class RequestClock implements Clock {
  time = 0;
  /** The request whose code runs. */
  request = "";
  readonly timers = new Map<object, { request: string; at: number; callback: () => void }>();

  now(): number {
    return this.time;
  }

  setTimer(callback: () => void, delay: number): unknown {
    const timer = {};
    this.timers.set(timer, { request: this.request, at: this.time + delay, callback });
    return timer;
  }

  clearTimer(timer: unknown): void {
    if (this.timers.get(timer as object)?.request === this.request) this.timers.delete(timer as object);
  }

  /** Runs code of a request. */
  in<T>(request: string, code: () => T): T {
    const before = this.request;
    this.request = request;
    try {
      return code();
    } finally {
      this.request = before;
    }
  }

  end(request: string): void {
    for (const [timer, { request: owner }] of this.timers) if (owner === request) this.timers.delete(timer);
  }

  async advanceTo(time: number): Promise<void> {
    for (;;) {
      const due = [...this.timers]
        .filter(([, { at }]) => at <= time)
        .sort(([, one], [, other]) => one.at - other.at)[0];
      if (due === undefined) break;
      const [timer, { request, at, callback }] = due;
      this.timers.delete(timer);
      this.time = Math.max(this.time, at);
      this.in(request, callback);
      await settled();
    }
    this.time = time;
  }
}

describe("waiters of different requests", () => {
  function setUp() {
    const clock = new RequestClock();
    const limiter = new RateLimiter({ rate: 1, per: 100, clock });
    limiter.tryTake();
    const ends = new Ends();
    const scopes = new Map<string, CancelScope>();
    const take = (name: string): void => {
      const scope = new CancelScope();
      scopes.set(name, scope);
      clock.in(name, () => {
        ends.note(name, limiter.take(scope));
      });
    };
    const cancel = (name: string): void => {
      clock.in(name, () => scopes.get(name)!.cancel());
    };
    return { clock, limiter, ends, take, cancel };
  }

  it("have their own timers: a request that is cancelled and ends takes the turn of no other away (C1, M12)", async () => {
    const { clock, ends, take, cancel } = setUp();
    take("a");
    take("b");
    take("c");
    await clock.advanceTo(50);
    cancel("a"); // b's turn is at 100 now, and the code of a says so
    clock.end("a"); // with the timer that it has set
    await clock.advanceTo(199);
    expect(ends.list.slice(1)).toEqual([]);
    await clock.advanceTo(200);
    expect(ends.list.slice(1)).toEqual(["b"]);
    await clock.advanceTo(300);
    expect(ends.list.slice(1)).toEqual(["b", "c"]);
  });

  it("have their turn earlier while the request lives that has left (C1, M4, M12)", async () => {
    const { clock, ends, take, cancel } = setUp();
    take("a");
    take("b");
    await clock.advanceTo(50);
    cancel("a");
    await clock.advanceTo(100);
    expect(ends.list.slice(1)).toEqual(["b"]);
  });

  it("are served although the request of the first one ended without a word (C1, M12)", async () => {
    const { clock, limiter, ends, take } = setUp();
    take("a");
    take("b");
    take("c");
    clock.end("a");
    await clock.advanceTo(200);
    expect(ends.list).toEqual(["a"]); // the bucket holds one token
    clock.end("b");
    await clock.advanceTo(300);
    expect(ends.list).toEqual(["a", "b"]);
    await clock.advanceTo(400);
    expect([ends.list, limiter.waiting]).toEqual([["a", "b", "c"], 0]);
  });

  it("leave timers in other requests that do nothing when they fire (C1, M12)", async () => {
    const { clock, ends, take, cancel } = setUp();
    take("a");
    take("b");
    cancel("a");
    clock.in("other", () => {});
    await clock.advanceTo(1_000);
    expect(ends.list.slice(1)).toEqual(["b"]);
    expect(clock.timers.size).toBe(0);
  });
});

describe("a clock that throws", () => {
  const failure = new Error("the clock is broken");
  const fail = (): never => {
    throw failure;
  };

  function setUp() {
    const clock = new BrokenClock();
    const fire: (() => void)[] = [];
    clock.setTimer = (callback) => (clock.timers++, fire.push(callback));
    const limiter = new RateLimiter({ rate: 1, per: 10, clock });
    limiter.tryTake();
    return { clock, limiter, fire, ends: new Ends(), scope: new CancelScope() };
  }

  it("fails take and tryTake, which take nothing (C1, M12)", () => {
    const { clock, limiter, scope } = setUp();
    clock.now = fail;
    expect(() => limiter.take(scope)).toThrow(failure);
    expect(() => limiter.tryTake()).toThrow(failure);
    expect(limiter.waiting).toBe(0);
  });

  it("fails the wait whose timer cannot be set (C1, M12)", async () => {
    const { clock, limiter, scope } = setUp();
    clock.setTimer = fail;
    expect(await errorOf(limiter.take(scope))).toBe(failure);
    expect(limiter.waiting).toBe(0);
    clock.time = 10;
    expect(limiter.tryTake()).toBe(true);
  });

  it("fails the wait whose timer cannot be cleared when it is served, which takes no token (C1, M12)", async () => {
    const { clock, limiter, fire, ends, scope } = setUp();
    ends.note("a", limiter.take(scope));
    ends.note("b", limiter.take(scope));
    clock.time = 20;
    clock.clearTimer = fail;
    fire[0]!();
    await settled();
    expect(ends.list).toEqual(["a"]);
    clock.time = 30;
    fire[1]!();
    await settled();
    expect([ends.list, limiter.waiting]).toEqual([["a", "b"], 0]);
  });

  it("fails the wait that is cancelled and whose timer cannot be cleared, and those behind it have their turn (C1, M12)", async () => {
    const { clock, limiter, fire, ends, scope } = setUp();
    const leaving = new CancelScope();
    ends.note("a", limiter.take(leaving));
    ends.note("b", limiter.take(scope));
    clock.clearTimer = fail;
    leaving.cancel();
    clock.clearTimer = () => {};
    await settled();
    expect(ends.list).toEqual(["a: the clock is broken"]);
    clock.time = 20;
    fire[1]!();
    await settled();
    expect([ends.list.at(-1), limiter.waiting]).toEqual(["b", 0]);
  });

  it("fails each wait behind the first whose timer cannot be cleared when it is served, and its token stays (C1, M12)", async () => {
    const clock = new BrokenClock();
    const fire: (() => void)[] = [];
    clock.setTimer = (callback) => fire.push(callback);
    const limiter = new RateLimiter({ rate: 1, per: 10, burst: 2, clock });
    limiter.tryTake(2);
    using scope = new CancelScope();
    const ends = new Ends();
    ends.note("a", limiter.take(scope));
    ends.note("b", limiter.take(scope));
    clock.time = 20; // both timers are late
    clock.clearTimer = fail;
    fire[0]!();
    await settled();
    expect(ends.list).toEqual(["a", "b: the clock is broken"]);
    expect([limiter.tryTake(), limiter.tryTake()]).toEqual([true, false]);
  });

  it("sets no timer when a waiter leaves and the time cannot be read (C1, M4, M12)", async () => {
    const { clock, limiter, scope } = setUp();
    const leaving = new CancelScope();
    const left = errorOf(limiter.take(leaving));
    const stays = errorOf(limiter.take(scope));
    expect(clock.timers).toBe(2);
    clock.now = fail;
    leaving.cancel();
    expect(clock.timers).toBe(1); // that of the one who has left
    scope.cancel();
    expect([await left, await stays]).toEqual([leaving.reason, scope.reason]);
  });

  it("fails the wait whose turn comes earlier if its timer cannot be set, and the next one has that turn (C1, M4, M12)", async () => {
    const { clock, limiter, scope, ends } = setUp();
    const leaving = new CancelScope();
    ends.note("leaving", limiter.take(leaving));
    ends.note("a", limiter.take(scope));
    ends.note("b", limiter.take(scope));
    const delays: number[] = [];
    clock.setTimer = (_, delay) => {
      delays.push(delay);
      if (delays.length === 1) throw failure;
      return {};
    };
    leaving.cancel();
    await settled();
    expect(delays).toEqual([10, 10]);
    expect(ends.list).toContain("a: the clock is broken");
    scope.cancel();
    await settled();
  });

  it("does not matter when a timer fires: its time has come in any case (C1, M12)", async () => {
    const { clock, limiter, fire, ends, scope } = setUp();
    ends.note("a", limiter.take(scope));
    ends.note("b", limiter.take(scope));
    clock.now = fail;
    fire[0]!();
    await settled();
    expect(ends.list).toEqual(["a"]);
    fire[1]!();
    await settled();
    expect([ends.list, limiter.waiting]).toEqual([["a", "b"], 0]);
  });

  it("of the scope of the first waiter fails that wait, and its timer is cleared (C1, M12)", async () => {
    const { clock, limiter, ends, scope } = setUp();
    const own = new BrokenClock();
    const broken = new CancelScope({ clock: own, deadline: 100 });
    ends.note("broken", limiter.take(broken));
    ends.note("next", limiter.take(scope));
    own.now = fail;
    expect([limiter.tryTake(), limiter.waiting, clock.timers]).toEqual([false, 1, 2]);
    await settled();
    expect(ends.list).toEqual(["broken: the clock is broken"]);
  });
});

describe("a clock that does more than tell the time", () => {
  it("that cancels the scope while a timer is set leaves no timer (M2, M12)", async () => {
    const clock = new BrokenClock();
    const limiter = new RateLimiter({ rate: 1, per: 10, clock });
    limiter.tryTake();
    const scope = new CancelScope();
    clock.setTimer = () => (scope.cancel(), ++clock.timers);
    expect(await errorOf(limiter.take(scope))).toBe(scope.reason);
    expect([limiter.waiting, clock.timers]).toEqual([0, 0]);
  });

  it("that cancels the scope while a timer is cleared gives its token to the next (M2, M12)", async () => {
    const clock = new BrokenClock();
    const fire: (() => void)[] = [];
    clock.setTimer = (callback) => fire.push(callback);
    const limiter = new RateLimiter({ rate: 1, per: 10, clock, burst: 2 });
    limiter.tryTake(2);
    const scope = new CancelScope();
    using other = new CancelScope();
    const ends = new Ends();
    ends.note("a", limiter.take(other));
    ends.note("b", limiter.take(scope));
    clock.clearTimer = () => scope.cancel();
    clock.time = 20;
    fire[0]!();
    await settled();
    expect([ends.list, limiter.waiting]).toEqual([["a", `b: ${scope.reason!.message}`], 0]);
    expect([limiter.tryTake(), limiter.tryTake()]).toEqual([true, false]);
  });

  it("that takes tokens while it is read gives none twice (M12)", () => {
    const clock = new BrokenClock();
    const limiter = new RateLimiter({ rate: 1, per: 10, clock });
    let taken = 0;
    clock.now = () => {
      clock.now = () => 0;
      if (limiter.tryTake()) taken++;
      return 0;
    };
    if (limiter.tryTake()) taken++;
    expect(taken).toBe(1);
  });
});

describe("an observer", () => {
  it("that cancels the scope of a take as it begins to wait ends the wait, and no timer is set for it (M2, M12)", async () => {
    const { clock, limiter, scope } = make({ rate: 1, per: 10 });
    limiter.tryTake();
    const first = limiter.take(scope);
    const leaving = new CancelScope();
    let timers = 0;
    const setTimer = clock.setTimer.bind(clock);
    clock.setTimer = (callback, delay) => (timers++, setTimer(callback, delay));
    {
      using registration = observe({ waiting: () => leaving.cancel() });
      expect(registration).toBeDefined();
      expect(await errorOf(limiter.take(leaving))).toBe(leaving.reason);
    }
    expect(timers).toBe(0);
    await clock.advance(10);
    await first;
  });

  it("that asks for a token as a take begins to wait gets none, and the take has its turn (M3, M12)", async () => {
    const { clock, limiter, take, times } = make({ rate: 1, per: 10 });
    limiter.tryTake();
    const taken: boolean[] = [];
    {
      using registration = observe({ waiting: () => taken.push(limiter.tryTake()) });
      expect(registration).toBeDefined();
      take("a");
    }
    await clock.advance(10);
    expect([taken, times]).toEqual([[false], [["a", 10]]]);
    expect(clock.pending).toBe(0);
  });

  it("that asks for tokens as a wait ends has them taken once, and waits behind the others (M3, M12)", async () => {
    const clock = new BrokenClock();
    const fire: (() => void)[] = [];
    clock.setTimer = (callback) => (clock.timers++, fire.push(callback));
    const limiter = new RateLimiter({ rate: 1, per: 10, burst: 4, clock });
    limiter.tryTake(4);
    using scope = new CancelScope();
    const ends = new Ends();
    ends.note("a", limiter.take(scope));
    ends.note("b", limiter.take(scope));
    clock.time = 40; // the timers are late, and the bucket is full
    let asked = false;
    {
      using registration = observe({
        waiting: (_, what) => {
          if (asked || what !== undefined) return;
          asked = true;
          expect(limiter.tryTake()).toBe(false);
          ends.note("c", limiter.take(scope));
        },
      });
      expect(registration).toBeDefined();
      fire[0]!();
    }
    await settled();
    expect([ends.list, limiter.waiting]).toEqual([["a", "b", "c"], 0]);
    expect([limiter.tryTake(), limiter.tryTake()]).toEqual([true, false]);
  });
});
