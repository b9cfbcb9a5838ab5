import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, type Clock } from "@selvage/scope";
import { keepAlive } from "@selvage/scope/lowlevel";
import { HandClock } from "./hand-clock.js";
import { told } from "./told.js";

const LONGEST = 2 ** 31 - 1;

describe("all that waits for one clock", () => {
  it("has one timer, whatever it is and in how many trees (C1)", () => {
    const clock = new HandClock();
    const scopes = [5, 3, 9, 3].map((deadline) => new CancelScope({ clock, deadline }));
    for (const scope of scopes) void scope.sleep(2 * scope.deadline);
    expect([clock.armed, clock.mostArmed, clock.due]).toEqual([1, 1, 3]);
    for (const scope of scopes) scope.close();
    expect(clock.armed).toBe(0);
  });

  it("fires in order of time, of equal times in order of arrival, deadlines and sleepers alike (C1)", async () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock });
    const log: string[] = [];
    const sleep = (ms: number, name: string): void => void root.sleep(ms).then(() => log.push(name));
    const deadline = (when: number, name: string): void => {
      const scope = new CancelScope({ parent: root, deadline: when });
      void scope.sleep(Infinity).catch(() => log.push(name));
    };
    sleep(20, "sleeper at 20");
    deadline(20, "deadline at 20");
    deadline(10, "deadline at 10");
    sleep(10, "sleeper at 10");
    sleep(5, "sleeper at 5");
    clock.time = 20;
    clock.fireDue();
    await root.checkpoint();
    expect(log).toEqual(["sleeper at 5", "deadline at 10", "sleeper at 10", "sleeper at 20", "deadline at 20"]);
  });

  it("fires what is due at one time by the clock's rank, where it has one, and never out of time (C1)", async () => {
    const hand = new HandClock();
    let rank = 0;
    const clock: Clock = {
      now: () => hand.now(),
      setTimer: (callback, delay) => hand.setTimer(callback, delay),
      clearTimer: (timer) => hand.clearTimer(timer),
      rank: () => --rank,
    };
    const root = new CancelScope({ clock });
    const log: string[] = [];
    for (const [name, ms] of Object.entries({ early: 5, first: 10, second: 10, third: 10 })) {
      void root.sleep(ms).then(() => log.push(name));
    }
    hand.time = 10;
    hand.fireDue();
    await root.checkpoint();
    expect(log).toEqual(["early", "third", "second", "first"]);
  });

  it("re-arms its timer once a firing is over, not once for each thing fired (C1)", () => {
    const clock = new HandClock();
    const root = new CancelScope({ clock });
    for (let deadline = 1; deadline <= 100; deadline++) {
      new CancelScope({ parent: root, deadline }).onCancel(() => new CancelScope({ parent: root, deadline: 1_000 }));
    }
    const before = clock.calls.setTimer;
    clock.time = 100;
    clock.fireDue();
    expect(clock.calls.setTimer).toBe(before + 1);
    expect(clock.due).toBe(1_000);
  });

  it("leaves the timer alone when the first goes, and finds at its time that nothing is due (C1)", () => {
    const clock = new HandClock();
    const first = new CancelScope({ clock, deadline: 5 });
    const second = new CancelScope({ clock, deadline: 10 });
    const seen = told(second);
    first.close();
    expect([clock.calls.clearTimer, clock.due]).toEqual([0, 5]);
    clock.time = 5;
    clock.fireDue();
    expect([clock.due, seen.reason]).toEqual([10, undefined]);
    second.close();
    expect([clock.calls.clearTimer, clock.armed]).toEqual([1, 0]);
  });

  it("lets no listener that it fires come before another deadline that has passed as well (S9)", () => {
    const clock = new HandClock();
    const log: number[] = [];
    const scopes = [10, 20, 30, 40].map((deadline) => new CancelScope({ clock, deadline }));
    for (const scope of scopes) scope.onCancel((reason) => log.push(reason.deadline!));
    scopes[0]!.onCancel(() => {
      scopes[1]!.close();
      scopes[2]!.deadline = 1_000;
      scopes[3]!.cancel();
    });
    clock.time = 50;
    clock.fireDue();
    expect(log).toEqual([10, 20, 30, 40]);
    expect(clock.armed).toBe(0);
  });

  it("goes on where a listener that it fires closes, moves and cancels others of the same time, and adds one (S3, S9)", () => {
    const clock = new HandClock();
    const log: number[] = [];
    const scopes = Array.from({ length: 5 }, () => new CancelScope({ clock, deadline: 10 }));
    scopes.forEach((scope, index) => scope.onCancel(() => log.push(index)));
    scopes[0]!.onCancel(() => {
      scopes[1]!.close();
      scopes[2]!.deadline = 1_000;
      scopes[3]!.cancel();
      new CancelScope({ clock, deadline: 0 }).onCancel(() => log.push(5));
    });
    clock.fire(); // before its time, so that no look finds them passed
    expect(log).toEqual([0, 3, 5, 4]);
    expect([clock.armed, clock.delays.at(-1)]).toEqual([1, 990]);
  });

  it("may be looked at by a listener that it fires (S9)", () => {
    const clock = new HandClock();
    const log: string[] = [];
    const [first, second] = [10, 20].map((deadline) => new CancelScope({ clock, deadline }));
    second!.onCancel(() => log.push("second"));
    first!.onCancel(() => log.push(`first sees ${second!.cancelled}`));
    clock.time = 20;
    clock.fireDue();
    expect(log).toEqual(["second", "first sees true"]);
    expect(clock.armed).toBe(0);
  });
});

describe("a clock without handles", () => {
  it("has one timer cleared for each one armed (C1)", () => {
    const log: string[] = [];
    const clock: Clock = {
      now: () => 0,
      setTimer: (_, delay) => void log.push(`set ${delay}`),
      clearTimer: (timer) => log.push(`clear ${String(timer)}`),
    };
    const scope = new CancelScope({ clock, deadline: 10 });
    scope.deadline = 5;
    scope.close();
    expect(log).toEqual(["set 10", "clear undefined", "set 5", "clear undefined"]);
  });
});

describe("a clock that fires what it was told to clear", () => {
  it("does no harm where nothing is waiting any more (C1)", () => {
    let fire: () => void = () => {};
    for (const handle of [1, undefined]) {
      const clock: Clock = { now: () => 0, setTimer: (callback) => ((fire = callback), handle), clearTimer: () => {} };
      const scope = new CancelScope({ clock, deadline: 10 });
      scope.close();
      fire();
      expect(scope.cancelled).toBe(false);
    }
  });
});

describe("a timer that fires before its time", () => {
  it("counts as due: what it was armed for has passed (C1)", async () => {
    const clock = new HandClock();
    const seen = told(new CancelScope({ clock, deadline: 10 }));
    clock.fire();
    expect(seen.reason?.deadline).toBe(10);
    const sleeping = new CancelScope({ clock }).sleep(10);
    clock.fire();
    await sleeping;
  });

  it("makes nothing due that comes later, and waits for the rest no longer than it would have (C1)", () => {
    const clock = new HandClock();
    const [early, late] = [10, 100].map((deadline) => told(new CancelScope({ clock, deadline })));
    clock.fire();
    expect(early?.reason?.deadline).toBe(10);
    expect(late?.reason).toBeUndefined();
    expect(clock.delays).toEqual([10, 90]);
  });

  it("counts for every equal deadline: the outermost owns, and all have passed (S1, S9, C1)", () => {
    const clock = new HandClock();
    const outer = new CancelScope({ clock, deadline: 10 });
    const inner = new CancelScope({ parent: outer, deadline: 10 });
    const later = new CancelScope({ parent: inner, deadline: 11 });
    clock.fire();
    expect(later.reason?.scope).toBe(outer);
    expect([outer.cancelCalled, inner.cancelCalled, later.cancelCalled]).toEqual([true, true, false]);
  });
});

describe("a delay beyond what platform timers take", () => {
  it("is waited for in pieces (S10, C1)", () => {
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

  it("is waited for in pieces by a sleeper, too (S12, C1)", async () => {
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
  it("is a sleep, and not a bare deadline (S10, C1)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    expect([clock.armed, clock.keepsAlive]).toEqual([1, false]);
    void scope.sleep(20);
    expect([clock.armed, clock.keepsAlive]).toEqual([1, true]);
    scope.close();
    expect([clock.armed, clock.keepsAlive]).toEqual([0, false]);
  });

  it("ends with the last sleeper, by its time or by cancellation, though deadlines are left (S10, C1)", () => {
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
    void scope.sleep(10);
    expect(clock.keepsAlive).toBe(true);
    scope.cancel();
    expect(clock.armed).toBe(0);
  });

  it("is a deadline that was asked to, until it is moved away, has passed or its scope has closed (O6)", () => {
    const clock = new HandClock();
    const other = new CancelScope({ clock, deadline: 1_000 });
    const scope = new CancelScope({ clock, deadline: 10 });
    keepAlive(scope);
    expect([clock.due, clock.keepsAlive]).toEqual([10, true]);
    keepAlive(scope);
    expect([clock.due, clock.keepsAlive]).toEqual([10, true]);
    scope.deadline = Infinity;
    expect([clock.armed, clock.keepsAlive]).toEqual([1, false]);
    scope.deadline = 20;
    expect(clock.keepsAlive).toBe(true);
    scope.deadline = 30; // later, of which the timer hears at 20
    clock.time = 20;
    clock.fireDue();
    expect([clock.due, clock.keepsAlive]).toEqual([30, true]);
    clock.time = 30;
    expect(scope.cancelled).toBe(true);
    expect([clock.armed, clock.keepsAlive]).toEqual([1, false]);
    const closed = new CancelScope({ clock });
    keepAlive(closed);
    expect(clock.keepsAlive).toBe(false);
    closed.deadline = 50;
    expect(clock.keepsAlive).toBe(true);
    closed.close();
    expect([clock.armed, clock.keepsAlive]).toEqual([1, false]);
    other.close();
  });

  it("is nothing that a clock without setKeepAlive could tell (C1)", async () => {
    const hand = new HandClock();
    const clock: Clock = {
      now: () => hand.now(),
      setTimer: (callback, delay) => hand.setTimer(callback, delay),
      clearTimer: (timer) => hand.clearTimer(timer),
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
