import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, type Clock } from "@selvage/scope";
import { keepAlive } from "@selvage/scope/internal";
import { HandClock } from "../hand-clock.js";
import { told } from "../told.js";

const LONGEST = 2 ** 31 - 1;

describe("a wait", () => {
  it("has its own timer, set where the wait begins (C1)", () => {
    const clock = new HandClock();
    const scopes = [5, 3, 9, 3].map((deadline) => new CancelScope({ clock, deadline }));
    expect(clock.delays).toEqual([5, 3, 9, 3]);
    for (const scope of scopes) void scope.sleep(2 * scope.deadline);
    expect(clock.delays.slice(4)).toEqual([10, 6, 18, 6]);
    expect(clock.armed).toBe(8);
    scopes[0]!.close();
    scopes[1]!.cancel();
    expect(clock.armed).toBe(4);
    scopes[2]!.close();
    scopes[3]!.close();
    expect([clock.armed, clock.calls]).toEqual([0, { now: 16, setTimer: 8, clearTimer: 8 }]);
  });

  it("that ends by its time leaves no timer to clear (C1)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 20 });
    const sleeping = scope.sleep(10);
    clock.time = 10;
    clock.fireDue();
    await sleeping;
    clock.time = 20;
    clock.fireDue();
    expect(scope.reason?.deadline).toBe(20);
    scope.close();
    expect([clock.armed, clock.calls.clearTimer]).toEqual([0, 0]);
  });

  it("does not end when the timer of another one fires, though it is due as well (S9, C1)", async () => {
    const clock = new HandClock();
    const [first, second] = [10, 10].map((deadline) => told(new CancelScope({ clock, deadline })));
    const scope = new CancelScope({ clock });
    let awake = false;
    const sleeping = scope.sleep(10).then(() => (awake = true));
    clock.time = 10;
    clock.fire();
    await scope.checkpoint();
    expect([first?.reason?.deadline, second?.reason, awake]).toEqual([10, undefined, false]);
    clock.fireDue();
    await sleeping;
    expect(second?.reason?.deadline).toBe(10);
  });

  it("ends in the order of the clock's timers, whatever it is (C1)", async () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock });
    const log: string[] = [];
    void root.sleep(10).then(() => log.push("sleep"));
    const scope = new CancelScope({ parent: root, deadline: 10 });
    void scope.sleep(Infinity).catch(() => log.push("deadline"));
    void root.sleep(10).then(() => log.push("another sleep"));
    clock.time = 10;
    clock.fireDue();
    await root.checkpoint();
    expect(log).toEqual(["sleep", "deadline", "another sleep"]);
  });
});

describe("a clock without handles", () => {
  it("is asked to set the new timer before the old one is cleared (C1)", () => {
    const log: string[] = [];
    const clock: Clock = {
      now: () => 0,
      setTimer: (_, delay) => void log.push(`set ${delay}`),
      clearTimer: (timer) => log.push(`clear ${String(timer)}`),
    };
    const scope = new CancelScope({ clock, deadline: 10 });
    scope.deadline = 5;
    scope.close();
    expect(log).toEqual(["set 10", "set 5", "clear undefined", "clear undefined"]);
  });
});

describe("a clock that fires what it was asked to clear", () => {
  it("does no harm where nothing is waiting any more (C1)", async () => {
    let fire: () => void = () => {};
    for (const handle of [1, undefined]) {
      const clock: Clock = { now: () => 0, setTimer: (callback) => ((fire = callback), handle), clearTimer: () => {} };
      const scope = new CancelScope({ clock, deadline: 10 });
      scope.close();
      fire();
      expect(scope.cancelled).toBe(false);
      const closed = new CancelScope({ clock });
      const sleeping = closed.sleep(10);
      closed.close();
      fire();
      await expect(sleeping).rejects.toThrow("The scope was closed");
    }
  });

  it("does not end a wait whose timer was set again for another time (S10, C1)", () => {
    const callbacks: (() => void)[] = [];
    const clock: Clock = { now: () => 0, setTimer: (callback) => callbacks.push(callback), clearTimer: () => {} };
    const scope = new CancelScope({ clock, deadline: 10 });
    scope.deadline = 5;
    callbacks[0]!();
    expect(scope.cancelled).toBe(false);
    callbacks[1]!();
    expect(scope.cancelled).toBe(true);
  });
});

describe("a timer that fires before the clock's time has come", () => {
  it("counts as due on a clock that is not the platform's: what it was set for has passed (C1)", async () => {
    const clock = new HandClock();
    const seen = told(new CancelScope({ clock, deadline: 10 }));
    clock.fire();
    expect(seen.reason?.deadline).toBe(10);
    const sleeping = new CancelScope({ clock }).sleep(10);
    clock.fire();
    await sleeping;
  });

  it("makes every visible ancestor's deadline on the same clock due that is not later: the outermost of equal ones owns (S1, S9, C1)", () => {
    const clock = new HandClock();
    const outer = new CancelScope({ clock, deadline: 10 });
    const inner = new CancelScope({ parent: outer, deadline: 10 });
    const later = new CancelScope({ parent: inner, deadline: 11 });
    clock.fire([...clock.timers][1]);
    expect(later.reason?.scope).toBe(outer);
    expect([outer.cancelCalled, inner.cancelCalled, later.cancelCalled]).toEqual([true, true, false]);
  });

  it("makes the earliest of them the owner (S9, C1)", () => {
    const clock = new HandClock();
    const outer = new CancelScope({ clock, deadline: 9 });
    const middle = new CancelScope({ parent: outer, deadline: 8 });
    const inner = new CancelScope({ parent: middle, deadline: 10 });
    clock.fire([...clock.timers][2]);
    expect([inner, middle, outer].map((scope) => scope.reason?.deadline)).toEqual([8, 8, 9]);
    expect([inner.cancelCalled, middle.cancelCalled]).toEqual([true, true]);
  });

  it("makes nothing due that is later, hidden by a shield, on another clock, or in another branch (S9, S11, C1)", () => {
    const [clock, other] = [new HandClock(), new HandClock()];
    const hidden = told(new CancelScope({ clock, deadline: 5 }));
    const root = new CancelScope({ clock, deadline: 5 });
    const shielded = new CancelScope({ parent: root, shield: true, deadline: 11 });
    const foreign = new CancelScope({ parent: shielded, clock: other, deadline: 5 });
    const scope = new CancelScope({ parent: foreign, clock, deadline: 10 });
    const branch = told(new CancelScope({ parent: shielded, deadline: 10 }));
    const seen = [root, shielded, foreign].map(told);
    clock.fire([...clock.timers][3]);
    expect(scope.reason?.scope).toBe(scope);
    expect([hidden, branch, ...seen].map(({ reason }) => reason)).toEqual(Array(5).fill(undefined));
  });

  it("lets the deadline win over a sleep of the same time, whichever was there first (S12, C1)", async () => {
    for (const sleepFirst of [true, false]) {
      const clock = new HandClock();
      const outer = new CancelScope({ clock, deadline: sleepFirst ? Infinity : 10 });
      const scope = new CancelScope({ parent: outer });
      const sleeping = scope.sleep(10);
      if (sleepFirst) outer.deadline = 10;
      clock.fire([...clock.timers][sleepFirst ? 0 : 1]);
      await expect(sleeping).rejects.toBe(outer.reason);
      expect(outer.reason?.scope).toBe(outer);
      expect(clock.armed).toBe(0);
    }
  });

  it("lets a sleep end before a deadline that is later (S12, C1)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 11 });
    const sleeping = scope.sleep(10);
    clock.fire([...clock.timers][1]);
    await sleeping;
    expect(scope.cancelled).toBe(false);
  });

  it("leaves alone a deadline that a listener has moved on, or whose scope it has closed (S3, S10)", () => {
    const clock = new HandClock();
    const outer = new CancelScope({ clock, deadline: 9 });
    const inner = new CancelScope({ parent: outer, deadline: 8 });
    const own = new CancelScope({ parent: inner, deadline: 10 });
    inner.onCancel(() => {
      outer.deadline = 1_000;
      own.close();
    });
    clock.fire([...clock.timers][2]);
    expect([inner.reason?.scope, outer.cancelCalled, own.cancelCalled]).toEqual([inner, false, false]);
    expect([clock.armed, clock.due]).toEqual([1, 9]);
  });
});

describe("a timer of the platform", () => {
  const real = (hand: HandClock): Clock => Object.assign(hand, { isReal: true });

  it("is set again for the rest where it fires more than 2 ms early (C1)", async () => {
    const hand = new HandClock();
    const seen = told(new CancelScope({ clock: real(hand), deadline: 100 }));
    hand.time = 97.9;
    hand.fire();
    expect(seen.reason).toBeUndefined();
    expect(hand.delays[1]).toBeCloseTo(2.1);
    hand.time = 98;
    hand.fire();
    expect(seen.reason?.deadline).toBe(100);
    let awake = false;
    const sleeping = new CancelScope({ clock: real(hand) }).sleep(50).then(() => (awake = true));
    hand.time = 100;
    hand.fire();
    await Promise.resolve();
    expect(awake).toBe(false);
    hand.time = 148;
    hand.fire();
    await sleeping;
  });
});

describe("a delay beyond what platform timers take", () => {
  it("is waited for in parts (S10, C1)", () => {
    const clock = new HandClock();
    const when = 3 * LONGEST + 5;
    const seen = told(new CancelScope({ clock, deadline: when }));
    while (seen.reason === undefined) {
      clock.time = clock.due!;
      clock.fireDue();
    }
    expect(clock.delays).toEqual([LONGEST, LONGEST, LONGEST, 5]);
    expect(clock.time).toBe(when);
  });

  it("is waited for in parts by a sleeper, too (S12, C1)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    let awake = false;
    const sleeping = scope.sleep(LONGEST + 1).then(() => (awake = true));
    clock.time = LONGEST;
    clock.fireDue();
    await scope.checkpoint();
    expect([awake, clock.due]).toEqual([false, LONGEST + 1]);
    clock.time = LONGEST + 1;
    clock.fireDue();
    await sleeping;
  });

  it("never asks for more than they take, whatever the time is now (S10, C1)", () => {
    const time = fc.double({ min: 0, max: 1e9, noNaN: true });
    const delay = fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true });
    fc.assert(
      fc.property(time, delay, (start, ms) => {
        const clock = new HandClock();
        clock.time = start;
        const scope = new CancelScope({ clock, deadline: start + ms });
        scope.close();
        expect(clock.delays.every((delay) => delay >= 0 && Math.ceil(delay) <= LONGEST)).toBe(true);
      }),
    );
  });
});

describe("what keeps the process alive", () => {
  it("is a sleep, and not a bare deadline (S10, S12, C1)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    expect([clock.armed, clock.keepsAlive]).toEqual([1, false]);
    void scope.sleep(20);
    expect([clock.armed, clock.keepsAlive]).toEqual([2, true]);
    scope.close();
    expect([clock.armed, clock.keepsAlive]).toEqual([0, false]);
  });

  it("ends with the last sleeper, by its time or by cancellation, though deadlines are left (S10, S12)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 1_000 });
    const child = new CancelScope({ parent: scope });
    void scope.sleep(10);
    void child.sleep(20);
    child.cancel();
    expect(clock.keepsAlive).toBe(true);
    clock.time = 10;
    clock.fireDue();
    expect([clock.armed, clock.keepsAlive]).toEqual([1, false]);
  });

  it("is a deadline that was asked to, until it is moved away, has passed or its scope has closed (O6)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    keepAlive(scope);
    expect([clock.due, clock.keepsAlive]).toEqual([10, true]);
    keepAlive(scope);
    scope.deadline = Infinity;
    expect(clock.armed).toBe(0);
    scope.deadline = 20;
    expect([clock.armed, clock.keepsAlive]).toEqual([1, true]);
    scope.deadline = 30; // later, which the timer finds at 20
    clock.time = 20;
    clock.fireDue();
    expect([clock.due, clock.keepsAlive]).toEqual([30, true]);
    clock.time = 30;
    expect(scope.cancelled).toBe(true);
    expect(clock.armed).toBe(0);
    const closed = new CancelScope({ clock });
    keepAlive(closed);
    closed.deadline = 50;
    expect(clock.keepsAlive).toBe(true);
    closed.close();
    expect(clock.armed).toBe(0);
  });

  it("is nothing that a clock without setKeepAlive could say (C1)", async () => {
    const hand = new HandClock();
    const clock: Clock = {
      now: () => hand.now(),
      setTimer: (callback, delay) => hand.setTimer(callback, delay),
      clearTimer: (timer) => {
        hand.clearTimer(timer);
      },
    };
    const scope = new CancelScope({ clock, deadline: 10 });
    const sleeping = scope.sleep(5);
    hand.time = 5;
    hand.fireDue();
    await sleeping;
    hand.time = 10;
    hand.fireDue();
    expect(scope.cancelled).toBe(true);
  });
});
