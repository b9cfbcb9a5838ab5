import { CancelScope } from "@selvage/scope";
import { describeValue } from "@selvage/scope/internal";
import { describe, expect, it, vi } from "vitest";
import { VirtualClock } from "../src/index.js";

const noop = (): void => {};

/** A clock, and a log of the time at which each named timer fired. */
function loggingClock(options?: ConstructorParameters<typeof VirtualClock>[0]) {
  const clock = new VirtualClock(options);
  const log: [name: string, at: number][] = [];
  const set = (name: string, delay: number): unknown =>
    clock.setTimer(() => {
      log.push([name, clock.now()]);
    }, delay);
  return { clock, log, set };
}

describe("VirtualClock", () => {
  it("a clock starts at 0, or at the given start (C2)", () => {
    expect(new VirtualClock().now()).toBe(0);
    expect(new VirtualClock({ start: 1e12 }).now()).toBe(1e12);
    expect(new VirtualClock({ start: -5 }).now()).toBe(-5);
  });

  it.each([NaN, Infinity, -Infinity, "0" as unknown as number, null as unknown as number])(
    "a clock refuses to start at %s",
    (start) => {
      expect(() => new VirtualClock({ start })).toThrow(TypeError);
      expect(() => new VirtualClock({ start })).toThrow(/start must be a finite number of milliseconds, got /);
    },
  );

  it.each([NaN, Infinity, -1, "5" as unknown as number])(
    "a clock refuses the autojumpThreshold %s",
    (autojumpThreshold) => {
      expect(() => new VirtualClock({ autojumpThreshold })).toThrow(TypeError);
      expect(() => new VirtualClock({ autojumpThreshold })).toThrow(
        `autojumpThreshold must be 0 or more milliseconds of real time, got ${describeValue(autojumpThreshold)}.`,
      );
    },
  );

  it("a clock has its seed as a property, and refuses an invalid seed (C2)", () => {
    expect(new VirtualClock().seed).toBeUndefined();
    expect(new VirtualClock({ seed: 17 }).seed).toBe(17);
    expect(() => new VirtualClock({ seed: 0.5 })).toThrow(RangeError);
    expect(() => new VirtualClock({ seed: "17" as unknown as number })).toThrow(TypeError);
  });

  it("a clock stands still unless it is moved (C2)", async () => {
    const { clock, log, set } = loggingClock();
    set("timer", 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect([clock.now(), log]).toEqual([0, []]);
  });

  it("a clock's time is independent of other clocks (C2)", async () => {
    const one = loggingClock();
    const other = loggingClock();
    one.set("one", 1);
    other.set("other", 1);
    await one.clock.advance(1);
    expect([one.log.length, other.log.length, other.clock.now()]).toEqual([1, 0, 0]);
  });
});

describe("VirtualClock.setTimer", () => {
  it("setTimer fires each timer once, at exactly its time, fractions included (C2)", async () => {
    const { clock, log, set } = loggingClock({ start: 100 });
    set("late", 10);
    set("fraction", 0.25);
    await clock.advance(1000);
    expect(log).toEqual([
      ["fraction", 100.25],
      ["late", 110],
    ]);
  });

  it("timers that are due together fire in the order in which they were set (C2)", async () => {
    const { clock, log, set } = loggingClock();
    set("first", 5);
    await clock.advance(2);
    set("second", 3);
    set("third", 3);
    await clock.advance(3);
    expect(log.map(([name]) => name)).toEqual(["first", "second", "third"]);
  });

  it("a seed permutes timers that are due together, and fires no other before its time (C2)", async () => {
    async function orderUnder(seed: number): Promise<string> {
      const { clock, log, set } = loggingClock({ seed });
      for (const name of "abcd") set(name, 5);
      set("<", 4);
      set(">", 6);
      await clock.advance(10);
      return log.map(([name]) => name).join("");
    }
    const orders = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const order = await orderUnder(seed);
      expect(order).toMatch(/^<[abcd]{4}>$/);
      if (seed < 20) expect(await orderUnder(seed)).toBe(order);
      orders.add(order);
    }
    expect(orders.size).toBe(24);
  });

  it.each([0, -0, -1, -Infinity])(
    "a timer with the delay %s fires as soon as time is moved, not synchronously",
    async (delay) => {
      const { clock, log, set } = loggingClock({ start: 50 });
      set("timer", delay);
      expect([log.length, clock.next]).toEqual([0, 50]);
      await clock.advance(0);
      expect(log).toEqual([["timer", 50]]);
    },
  );

  it("a timer with an infinite delay never fires, and counts as pending until it is cleared", async () => {
    const { clock, log, set } = loggingClock();
    const timer = set("timer", Infinity);
    await clock.advance(Number.MAX_VALUE);
    await clock.runAll();
    expect([log.length, clock.next, clock.pending]).toEqual([0, Infinity, 1]);
    clock.clearTimer(timer);
    expect(clock.pending).toBe(0);
  });

  it("setTimer accepts delays far beyond a platform timer's", async () => {
    const { clock, log, set } = loggingClock();
    set("a million years", 3.2e16);
    await clock.runAll();
    expect(log).toEqual([["a million years", 3.2e16]]);
  });

  it.each([NaN, "5" as unknown as number, undefined as unknown as number])("setTimer refuses the delay %s", (delay) => {
    const clock = new VirtualClock();
    expect(() => clock.setTimer(noop, delay)).toThrow(TypeError);
    expect(() => clock.setTimer(noop, delay)).toThrow(
      `delay must be a number of milliseconds, got ${describeValue(delay)}.`,
    );
    expect(clock.pending).toBe(0);
  });

  it("setTimer refuses a callback that is not a function", () => {
    const clock = new VirtualClock();
    expect(() => clock.setTimer("code" as unknown as () => void, 1)).toThrow(TypeError);
    expect(clock.pending).toBe(0);
  });
});

describe("VirtualClock.clearTimer", () => {
  it("clearTimer prevents a timer from firing, also one that is due at this very moment (C2)", async () => {
    const { clock, log, set } = loggingClock();
    clock.clearTimer(set("cleared before", 1));
    clock.setTimer(() => {
      clock.clearTimer(due);
    }, 2);
    const due = set("cleared by one due at the same time", 2);
    await clock.advance(5);
    expect([log, clock.pending]).toEqual([[], 0]);
  });

  it("clearTimer ignores a timer that has fired or was cleared, one of another clock, and any other value", async () => {
    const { clock, log, set } = loggingClock();
    const fired = set("fired", 1);
    await clock.advance(1);
    const cleared = set("cleared", 1);
    clock.clearTimer(cleared);
    const foreign = new VirtualClock().setTimer(noop, 1);
    set("live", 1);
    for (const timer of [fired, cleared, foreign, undefined, null, 1, "timer", {}]) clock.clearTimer(timer);
    await clock.advance(1);
    expect(log.map(([name]) => name)).toEqual(["fired", "live"]);
  });

  it("clearTimer does nothing to the timer that is firing", async () => {
    const clock = new VirtualClock();
    const timer = clock.setTimer(() => {
      clock.clearTimer(timer);
      clock.setTimer(noop, 1);
    }, 1);
    await clock.advance(1);
    expect(clock.pending).toBe(1);
  });
});

describe("VirtualClock.turn", () => {
  it("turn calls back in a later turn of the event loop, without time passing (C2)", async () => {
    const clock = new VirtualClock({ start: 3, autojump: true });
    const log: string[] = [];
    clock.turn(() => log.push(`turned at ${clock.now()}`));
    clock.setTimer(() => log.push(`fired at ${clock.now()}`), 0);
    queueMicrotask(() => log.push("microtask"));
    log.push("synchronous");
    await clock.advance(0);
    expect(log).toEqual(["synchronous", "microtask", "turned at 3", "fired at 3"]);
  });

  it("turn takes a turn of the real event loop under fake timers, too", async () => {
    vi.useFakeTimers({ toFake: ["setImmediate", "setTimeout"] });
    try {
      await new Promise<void>((resolve) => {
        new VirtualClock().turn(resolve);
      });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the order of events that are due at one time on a VirtualClock", () => {
  /** The order in which sleeps and deadlines of one time, and of earlier and later ones, end. */
  async function orderUnder(seed: number | undefined): Promise<string> {
    const clock = new VirtualClock({ seed });
    const root = new CancelScope({ clock });
    const log: string[] = [];
    const sleep = (ms: number, name: string): void => void root.sleep(ms).then(() => log.push(name));
    const deadline = (when: number, name: string): void => {
      new CancelScope({ parent: root, deadline: when }).onCancel(() => log.push(name));
    };
    sleep(20, "last");
    sleep(10, "a");
    deadline(10, "b");
    sleep(10, "c");
    deadline(5, "first");
    deadline(10, "d");
    await clock.advance(20);
    return log.join(" ");
  }

  it("the order is that of setTimer, for deadlines and sleeps (C1, C2)", async () => {
    expect(await orderUnder(undefined)).toBe("first a b c d last");
  });

  it("the order is drawn from the seed, the same for the same seed, and never out of time (C1, C2)", async () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const order = await orderUnder(seed);
      expect(order).toMatch(/^first( [abcd]){4} last$/);
      if (seed < 10) expect(await orderUnder(seed)).toBe(order);
      orders.add(order);
    }
    expect(orders.size).toBe(24);
  });

  it("the order is that of the last setTimer if a deadline was moved later and its timer set again (S10, C1)", async () => {
    const clock = new VirtualClock();
    const scopes = [5, 10].map((deadline) => new CancelScope({ clock, deadline }));
    const log: number[] = [];
    scopes.forEach((scope, index) => scope.onCancel(() => log.push(index)));
    scopes[0]!.deadline = 10;
    await clock.advance(10);
    expect(log).toEqual([1, 0]);
  });
});

describe("VirtualClock.next", () => {
  it("next is the time of the next timer, or Infinity without one", async () => {
    const { clock, set } = loggingClock({ start: 10 });
    expect(clock.next).toBe(Infinity);
    set("late", 5);
    const early = set("early", 3);
    expect(clock.next).toBe(13);
    clock.clearTimer(early);
    expect(clock.next).toBe(15);
    await clock.runAll();
    expect(clock.next).toBe(Infinity);
  });
});

describe("VirtualClock.pending", () => {
  it("pending counts the timers that have neither fired nor been cleared", async () => {
    const { clock, set } = loggingClock();
    set("fires", 1);
    const cleared = set("cleared", 2);
    set("left", 3);
    const counts = [clock.pending];
    clock.clearTimer(cleared);
    counts.push(clock.pending);
    await clock.advance(1);
    counts.push(clock.pending);
    expect(counts).toEqual([3, 2, 1]);
  });
});

describe("VirtualClock.advance", () => {
  it("advance moves time by its argument, whether or not a timer is set (C2)", async () => {
    const { clock, log, set } = loggingClock();
    await clock.advance(2.5);
    set("beyond", 10);
    await clock.advance(4);
    expect([clock.now(), log]).toEqual([6.5, []]);
  });

  it.each([
    [NaN, TypeError, "ms must be a number of milliseconds, got NaN."],
    ["1" as unknown as number, TypeError, 'ms must be a number of milliseconds, got "1".'],
    [-1, RangeError, "ms must be 0 or more, got -1: time never goes backwards."],
    [Infinity, RangeError, "Time cannot advance to Infinity: runAll() runs until no timer is left."],
  ])("advance refuses %s synchronously, and moves nothing", (ms, type, message) => {
    const clock = new VirtualClock();
    expect(() => void clock.advance(ms)).toThrow(type);
    expect(() => void clock.advance(ms)).toThrow(message);
    expect(clock.now()).toBe(0);
  });
});

describe("VirtualClock.advanceTo", () => {
  it("advanceTo moves time to its argument, and fires the timers that are due up to then and at it (C2)", async () => {
    const { clock, log, set } = loggingClock({ start: 100 });
    set("before", 5);
    set("at", 10);
    set("after", 10.5);
    await clock.advanceTo(110);
    expect(clock.now()).toBe(110);
    expect(log).toEqual([
      ["before", 105],
      ["at", 110],
    ]);
  });

  it("advanceTo to the present time stays there, and fires what is due", async () => {
    const { clock, log, set } = loggingClock({ start: 100 });
    set("due", 0);
    await clock.advanceTo(100);
    expect(log).toEqual([["due", 100]]);
  });

  it.each([
    [NaN, TypeError, "when must be a number of milliseconds, got NaN."],
    [9, RangeError, "when must be 10 (now) or later, got 9: time never goes backwards."],
    [-Infinity, RangeError, "when must be 10 (now) or later, got -Infinity: time never goes backwards."],
    [Infinity, RangeError, "Time cannot advance to Infinity: runAll() runs until no timer is left."],
  ])("advanceTo refuses %s synchronously, and moves nothing", (when, type, message) => {
    const clock = new VirtualClock({ start: 10 });
    expect(() => void clock.advanceTo(when)).toThrow(type);
    expect(() => void clock.advanceTo(when)).toThrow(message);
    expect(clock.now()).toBe(10);
  });
});

describe("VirtualClock.runAll", () => {
  it("runAll jumps from timer to timer until none is left, and stays at the last (C2)", async () => {
    const { clock, log, set } = loggingClock();
    set("second", 50);
    clock.setTimer(() => set("third", 1000), 20);
    await clock.runAll();
    expect(log).toEqual([
      ["second", 50],
      ["third", 1020],
    ]);
    expect([clock.now(), clock.pending]).toEqual([1020, 0]);
  });

  it("runAll does nothing without a timer", async () => {
    const clock = new VirtualClock({ start: 3 });
    await clock.runAll();
    expect(clock.now()).toBe(3);
  });

  it("runAll rejects after `limit` jumps with more timers to come, and leaves the clock usable", async () => {
    const clock = new VirtualClock();
    let ticks = 0;
    const tick = (): void => {
      ticks++;
      clock.setTimer(tick, 10);
    };
    tick();
    await expect(clock.runAll({ limit: 20 })).rejects.toThrow(
      "Timers are left after 20 jumps, at 200: something sets a timer whenever one fires. Use advance(), or raise the limit.",
    );
    expect([ticks, clock.now()]).toEqual([21, 200]);
    await clock.advance(10);
    expect([ticks, clock.now()]).toEqual([22, 210]);
  });

  it("runAll makes as many jumps as `limit` allows", async () => {
    const { clock, log, set } = loggingClock();
    for (const delay of [1, 2, 3]) set(`${delay}`, delay);
    await clock.runAll({ limit: 3 });
    expect(log).toHaveLength(3);
  });

  it.each([0, -1, 1.5, NaN, Infinity])("runAll refuses the limit %s synchronously", (limit) => {
    const clock = new VirtualClock();
    expect(() => void clock.runAll({ limit })).toThrow(RangeError);
    expect(() => void clock.runAll({ limit })).toThrow(`limit must be a whole number above 0, got ${limit}.`);
  });
});
