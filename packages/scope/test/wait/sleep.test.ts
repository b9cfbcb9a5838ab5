import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelledError, CancelScope, type Clock, ClosedError } from "@selvage/scope";
import { HandClock } from "../hand-clock.js";
import { turn } from "../uncaught.js";

describe("CancelScope.sleep", () => {
  it("resolves once its time has come on the scope's clock, not before (S12)", async () => {
    const clock = new VirtualClock({ start: 500 });
    const scope = new CancelScope({ clock });
    let awake = false;
    const sleeping = scope.sleep(1_000).then((value) => {
      expect(value).toBeUndefined();
      awake = true;
    });
    await clock.advance(999);
    expect(awake).toBe(false);
    await clock.advance(1);
    expect(awake).toBe(true);
    await sleeping;
    expect(clock.pending).toBe(0);
  });

  it("sleeps on the platform's timers where there is no other clock (C1)", async () => {
    await new CancelScope().sleep(1);
  });

  it.each([[0], [-5], [-Infinity]])(
    "of %d waits for the next timer all the same, never synchronously (S12)",
    async (ms) => {
      const clock = new VirtualClock();
      const log: string[] = [];
      const sleeping = new CancelScope({ clock }).sleep(ms).then(() => log.push("awake"));
      await turn();
      log.push("a turn later");
      await clock.advance(0);
      await sleeping;
      expect(log).toEqual(["a turn later", "awake"]);
    },
  );

  it("of Infinity waits for the cancellation alone, without a timer (S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    const sleeping = scope.sleep(Infinity);
    expect(clock.armed).toBe(0);
    scope.cancel();
    await expect(sleeping).rejects.toBe(scope.reason);
  });

  it("wakes sleepers in order of time, and of equal times first in, first out (S12)", async () => {
    const clock = new VirtualClock();
    const scope = new CancelScope({ clock });
    const log: string[] = [];
    for (const [name, ms] of [
      ["a", 2],
      ["b", 1],
      ["c", 2],
      ["d", 1],
    ] as const) {
      void scope.sleep(ms).then(() => log.push(name));
    }
    await clock.runAll();
    expect(log).toEqual(["b", "d", "a", "c"]);
  });

  it("rejects with the scope's CancelledError as soon as it is cancelled, and clears its timer (S12)", async () => {
    const clock = new HandClock();
    const parent = new CancelScope({ clock });
    const sleeping = new CancelScope({ parent }).sleep(1_000);
    expect(clock.armed).toBe(1);
    const log: unknown[] = [];
    void sleeping.catch((error: unknown) => log.push(error));
    parent.cancel();
    expect(clock.armed).toBe(0);
    await Promise.resolve();
    expect(log).toEqual([parent.reason]);
  });

  it("rejects at once where the scope is cancelled already, and arms nothing (S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    scope.cancel();
    await expect(scope.sleep(0)).rejects.toBe(scope.reason);
    await expect(scope.sleep(Infinity)).rejects.toBe(scope.reason);
    expect(clock.calls.setTimer).toBe(0);
  });

  it("rejects with the CancelledError, too, where the scope is cancelled and closed (S12)", async () => {
    const scope = new CancelScope();
    scope.cancel();
    scope.close();
    await expect(scope.sleep(1)).rejects.toBe(scope.reason);
  });

  it("rejects with a ClosedError when the scope is closed, and clears its timer (S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    const sleeps = [scope.sleep(1_000), scope.sleep(Infinity)];
    scope.close();
    expect(clock.armed).toBe(0);
    for (const sleep of sleeps) {
      await expect(sleep).rejects.toThrow(ClosedError);
      await expect(sleep).rejects.toThrow(/closed while something waited in it/);
    }
  });

  it.each(["cancel", "close"] as const)(
    "leaves no timer where to read the clock ends the scope: %s (S12)",
    async (end) => {
      class Meddling extends HandClock {
        scope: CancelScope | undefined;

        override now(): number {
          this.scope?.[end]();
          return super.now();
        }
      }
      const clock = new Meddling();
      const scope = new CancelScope({ clock });
      clock.scope = scope;
      await expect(scope.sleep(10)).rejects.toThrow(end === "cancel" ? CancelledError : ClosedError);
      expect(clock.armed).toBe(0);
    },
  );

  it("for ever arms no timer, and asks for no time (S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    clock.calls.now = 0;
    const sleep = scope.sleep(Infinity);
    expect([clock.calls.setTimer, clock.calls.now]).toEqual([0, 0]);
    scope.cancel();
    await expect(sleep).rejects.toBe(scope.reason);
  });

  it("rejects with a ClosedError where the scope is closed already (S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    scope.close();
    const error = new ClosedError("The scope is closed: nothing can wait in it any more.");
    await expect(scope.sleep(1)).rejects.toThrow(error);
    expect(clock.calls.setTimer).toBe(0);
  });

  it("rejects what a run leaves sleeping, when the run ends (S12, S14)", async () => {
    let left: Promise<void> | undefined;
    await CancelScope.run((scope) => void (left = scope.sleep(60_000)));
    await expect(left).rejects.toThrow(ClosedError);
  });

  it("is never an unhandled rejection, cancelled or closed, during or before (S12)", async () => {
    const [cancelled, closed] = [new CancelScope(), new CancelScope()];
    for (const scope of [cancelled, closed]) void scope.sleep(60_000);
    cancelled.cancel();
    closed.close();
    for (const scope of [cancelled, closed]) void scope.sleep(60_000);
    await turn(); // after which the set-up of every test looks for unhandled rejections
  });

  it("keeps to its time where its timer fires before the time of a look (S9, S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const sleeping = scope.sleep(10);
    clock.time = 10;
    clock.fireDue(); // the deadline was there first
    await expect(sleeping).rejects.toBe(scope.reason);
    expect(clock.armed).toBe(0);
  });

  it("that was there first is cancelled by a deadline of the same time (S12, C1)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    const sleeping = scope.sleep(10);
    scope.deadline = 10;
    clock.fire(); // the sleeper's own timer
    await expect(sleeping).rejects.toBe(scope.reason);
    expect(scope.reason?.scope).toBe(scope);
  });

  it.each([[NaN], ["1"], [undefined], [null], [{}]])("throws a TypeError at %o, synchronously (S12)", (ms) => {
    const scope = new CancelScope();
    expect(() => void scope.sleep(ms as never)).toThrow(TypeError);
    expect(() => void scope.sleep(ms as never)).toThrow(/A time to sleep must be a number of milliseconds, got /);
  });

  it("clears 100,000 timers of one cancellation without scanning for each (S12)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    for (let i = 0; i < 100_000; i++) void scope.sleep(i % 1_000);
    scope.cancel();
    expect([clock.armed, clock.calls.clearTimer]).toEqual([0, 100_000]);
  });
});

describe("CancelScope.checkpoint", () => {
  it("lets the event loop turn: timers and I/O come to their turn (S13)", async () => {
    const log: string[] = [];
    setImmediate(() => log.push("macrotask"));
    queueMicrotask(() => log.push("microtask"));
    await new CancelScope().checkpoint();
    log.push("after");
    expect(log).toEqual(["microtask", "macrotask", "after"]);
  });

  it("turns the event loop also where the scope is cancelled, then rejects with its reason (S13)", async () => {
    const scope = new CancelScope();
    scope.cancel();
    let turned = false;
    setImmediate(() => (turned = true));
    await expect(scope.checkpoint()).rejects.toBe(scope.reason);
    expect(turned).toBe(true);
  });

  it("notices a cancellation that came during the turn (S13)", async () => {
    const scope = new CancelScope();
    const passing = scope.checkpoint();
    scope.cancel();
    await expect(passing).rejects.toBe(scope.reason);
  });

  it("notices a deadline that passed during the turn (S9, S13)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const passing = scope.checkpoint();
    clock.time = 10;
    await expect(passing).rejects.toBe(scope.reason);
  });

  it("turns it as the scope's clock says, where that has a say (S13, C1)", async () => {
    const turns: (() => void)[] = [];
    const clock: Clock = {
      now: () => 0,
      setTimer: () => 0,
      clearTimer: () => {},
      turn: (callback) => turns.push(callback),
    };
    let passed = false;
    const passing = new CancelScope({ clock }).checkpoint().then(() => (passed = true));
    await turn();
    expect([passed, turns.length]).toEqual([false, 1]);
    turns[0]?.();
    await passing;
  });

  it("is never an unhandled rejection (S13)", async () => {
    const scope = new CancelScope();
    scope.cancel();
    void scope.checkpoint();
    await turn();
    await turn();
  });

  it("cuts a loop that only ever waits for what is ready (S13)", async () => {
    const scope = new CancelScope();
    setImmediate(() => scope.cancel());
    let rounds = 0;
    await scope.run(async (own) => {
      for (;;) {
        await own.checkpoint();
        rounds++;
      }
    });
    expect(scope.cancelledCaught).toBe(true);
    expect(rounds).toBeLessThan(10);
  });

  it("passes on a closed scope that was not cancelled, as throwIfCancelled does (S13)", async () => {
    const scope = new CancelScope();
    scope.close();
    await scope.checkpoint();
    scope.throwIfCancelled();
  });
});

describe("CancelScope.throwIfCancelled", () => {
  it("throws the reason itself where the scope is cancelled, every time, and otherwise nothing (S1)", () => {
    const scope = new CancelScope();
    scope.throwIfCancelled();
    scope.cancel();
    for (let i = 0; i < 2; i++) {
      let thrown: unknown;
      try {
        scope.throwIfCancelled();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(scope.reason);
    }
  });
});
