import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, type Clock } from "@selvage/scope";
import { keepAlive } from "@selvage/scope/internal";
import { HandClock } from "../hand-clock.js";
import { cancellationOf } from "../cancellation-of.js";

const LONGEST = 2 ** 31 - 1;

describe("a wait", () => {
  it("a wait has its own timer, set where the wait begins (C1)", () => {
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

  it("a wait that ends when its timer fires leaves no timer to clear (C1)", async () => {
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

  it("a wait does not end when the timer of another wait fires, even if it is due as well (S9, C1)", async () => {
    const clock = new HandClock();
    const [first, second] = [10, 10].map((deadline) => cancellationOf(new CancelScope({ clock, deadline })));
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

  it("waits end in the order in which the clock fires their timers (C1)", async () => {
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
  it("a clock whose timers have no handles sets the new timer before the old one is cleared (C1)", () => {
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

describe("a clock that fires a timer after clearTimer", () => {
  it("a clock that fires a cleared timer does no harm when nothing waits (C1)", async () => {
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

  it("a cleared timer that fires does not end a wait whose timer was set again for another time (S10, C1)", () => {
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

describe("a timer that fires before its time on the clock", () => {
  it("a timer that fires early counts as due on a clock that is not the platform's (C1)", async () => {
    const clock = new HandClock();
    const seen = cancellationOf(new CancelScope({ clock, deadline: 10 }));
    clock.fire();
    expect(seen.reason?.deadline).toBe(10);
    const sleeping = new CancelScope({ clock }).sleep(10);
    clock.fire();
    await sleeping;
  });

  it("an early timer makes every visible ancestor's deadline on its clock due that is not later, and the outermost of equal ones owns (S1, S9, C1)", () => {
    const clock = new HandClock();
    const outer = new CancelScope({ clock, deadline: 10 });
    const inner = new CancelScope({ parent: outer, deadline: 10 });
    const later = new CancelScope({ parent: inner, deadline: 11 });
    clock.fire([...clock.timers][1]);
    expect(later.reason?.scope).toBe(outer);
    expect([outer.cancelCalled, inner.cancelCalled, later.cancelCalled]).toEqual([true, true, false]);
  });

  it("an early timer makes the earliest of these deadlines the owner (S9, C1)", () => {
    const clock = new HandClock();
    const outer = new CancelScope({ clock, deadline: 9 });
    const middle = new CancelScope({ parent: outer, deadline: 8 });
    const inner = new CancelScope({ parent: middle, deadline: 10 });
    clock.fire([...clock.timers][2]);
    expect([inner, middle, outer].map((scope) => scope.reason?.deadline)).toEqual([8, 8, 9]);
    expect([inner.cancelCalled, middle.cancelCalled]).toEqual([true, true]);
  });

  it("an early timer makes no deadline due that is later, behind a shield, on another clock, or in another branch (S9, S11, C1)", () => {
    const [clock, other] = [new HandClock(), new HandClock()];
    const hidden = cancellationOf(new CancelScope({ clock, deadline: 5 }));
    const root = new CancelScope({ clock, deadline: 5 });
    const shielded = new CancelScope({ parent: root, shield: true, deadline: 11 });
    const foreign = new CancelScope({ parent: shielded, clock: other, deadline: 5 });
    const scope = new CancelScope({ parent: foreign, clock, deadline: 10 });
    const branch = cancellationOf(new CancelScope({ parent: shielded, deadline: 10 }));
    const seen = [root, shielded, foreign].map(cancellationOf);
    clock.fire([...clock.timers][3]);
    expect(scope.reason?.scope).toBe(scope);
    expect([hidden, branch, ...seen].map(({ reason }) => reason)).toEqual(Array(5).fill(undefined));
  });

  it("a deadline wins over a sleep of the same time, whichever was set first (S12, C1)", async () => {
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

  it("a sleep ends before a deadline that is later (S12, C1)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 11 });
    const sleeping = scope.sleep(10);
    clock.fire([...clock.timers][1]);
    await sleeping;
    expect(scope.cancelled).toBe(false);
  });

  it("an early timer ignores a deadline that a listener moved, or whose scope a listener closed (S3, S10)", () => {
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

  it("a platform timer that fires more than 2 ms early is set again for the rest (C1)", async () => {
    const hand = new HandClock();
    const seen = cancellationOf(new CancelScope({ clock: real(hand), deadline: 100 }));
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

describe("a delay longer than platform timers accept", () => {
  it("a deadline too far away for one platform timer is waited for in parts (S10, C1)", () => {
    const clock = new HandClock();
    const when = 3 * LONGEST + 5;
    const seen = cancellationOf(new CancelScope({ clock, deadline: when }));
    while (seen.reason === undefined) {
      clock.time = clock.due!;
      clock.fireDue();
    }
    expect(clock.delays).toEqual([LONGEST, LONGEST, LONGEST, 5]);
    expect(clock.time).toBe(when);
  });

  it("a sleep too long for one platform timer is waited for in parts (S12, C1)", async () => {
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

  it("a timer is never set for longer than platform timers accept, whatever the current time is (S10, C1)", () => {
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
  it("a sleep keeps the process alive, and a bare deadline does not (S10, S12, C1)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    expect([clock.armed, clock.keepsAlive]).toEqual([1, false]);
    void scope.sleep(20);
    expect([clock.armed, clock.keepsAlive]).toEqual([2, true]);
    scope.close();
    expect([clock.armed, clock.keepsAlive]).toEqual([0, false]);
  });

  it("the process is no longer kept alive after the last sleep ended or was cancelled, even if deadlines are left (S10, S12)", () => {
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

  it("a deadline set to keep the process alive does so until it is moved away, has passed, or its scope is closed (O6)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    keepAlive(scope);
    expect([clock.due, clock.keepsAlive]).toEqual([10, true]);
    keepAlive(scope);
    scope.deadline = Infinity;
    expect(clock.armed).toBe(0);
    scope.deadline = 20;
    expect([clock.armed, clock.keepsAlive]).toEqual([1, true]);
    scope.deadline = 30; // Later: the timer set for 20 finds it not due yet.
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

  it("a clock without setKeepAlive works (C1)", async () => {
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
