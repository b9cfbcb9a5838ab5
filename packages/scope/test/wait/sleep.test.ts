import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelledError, CancelScope, type Clock, ClosedError } from "@selvage/scope";
import { HandClock } from "../hand-clock.js";
import { turn } from "../uncaught.js";

describe("CancelScope.sleep", () => {
  it("sleep resolves when its time comes on the scope's clock, not before (S12)", async () => {
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

  it("sleep uses the platform's timers if there is no other clock (C1)", async () => {
    await new CancelScope().sleep(1);
  });

  it.each([[0], [-5], [-Infinity]])(
    "sleep of %d waits for the next timer, and is never synchronous (S12)",
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

  it("sleep of Infinity waits only for the cancellation, without a timer (S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    const sleeping = scope.sleep(Infinity);
    expect(clock.armed).toBe(0);
    scope.cancel();
    await expect(sleeping).rejects.toBe(scope.reason);
  });

  it("sleeps end in order of time, and at equal times first in, first out (S12)", async () => {
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

  it("sleep rejects with the scope's CancelledError as soon as the scope is cancelled, and clears its timer (S12)", async () => {
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

  it("sleep rejects at once if the scope is already cancelled, and sets no timer (S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    scope.cancel();
    await expect(scope.sleep(0)).rejects.toBe(scope.reason);
    await expect(scope.sleep(Infinity)).rejects.toBe(scope.reason);
    expect(clock.calls.setTimer).toBe(0);
  });

  it("sleep rejects with the CancelledError if the scope is cancelled and closed (S12)", async () => {
    const scope = new CancelScope();
    scope.cancel();
    scope.close();
    await expect(scope.sleep(1)).rejects.toBe(scope.reason);
  });

  it("sleep rejects with a ClosedError when the scope is closed, and clears its timer (S12)", async () => {
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
    "sleep leaves no timer if reading the clock ends the scope: %s (S12)",
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

  it("sleep of Infinity sets no timer, and does not read the clock (S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    clock.calls.now = 0;
    const sleep = scope.sleep(Infinity);
    expect([clock.calls.setTimer, clock.calls.now]).toEqual([0, 0]);
    scope.cancel();
    await expect(sleep).rejects.toBe(scope.reason);
  });

  it("sleep rejects with a ClosedError if the scope is already closed (S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    scope.close();
    const error = new ClosedError("The scope is closed: nothing can wait in it.");
    await expect(scope.sleep(1)).rejects.toThrow(error);
    expect(clock.calls.setTimer).toBe(0);
  });

  it("a sleep that a run leaves pending rejects when the run ends (S12, S14)", async () => {
    let left: Promise<void> | undefined;
    await CancelScope.run((scope) => void (left = scope.sleep(60_000)));
    await expect(left).rejects.toThrow(ClosedError);
  });

  it("sleep is never an unhandled rejection, whether the scope is cancelled or closed, during the sleep or before it (S12)", async () => {
    const [cancelled, closed] = [new CancelScope(), new CancelScope()];
    for (const scope of [cancelled, closed]) void scope.sleep(60_000);
    cancelled.cancel();
    closed.close();
    for (const scope of [cancelled, closed]) void scope.sleep(60_000);
    await turn(); // The setup of every test checks for unhandled rejections after this.
  });

  it("a sleep rejects if the scope's equal deadline was set before it (S9, S12)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const sleeping = scope.sleep(10);
    clock.time = 10;
    clock.fireDue(); // The deadline was set first.
    await expect(sleeping).rejects.toBe(scope.reason);
    expect(clock.armed).toBe(0);
  });

  it("a sleep rejects if the scope's equal deadline was set after it (S12, C1)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    const sleeping = scope.sleep(10);
    scope.deadline = 10;
    clock.fire(); // The sleep's own timer.
    await expect(sleeping).rejects.toBe(scope.reason);
    expect(scope.reason?.scope).toBe(scope);
  });

  it.each([[NaN], ["1"], [undefined], [null], [{}]])("sleep throws a TypeError for %o, synchronously (S12)", (ms) => {
    const scope = new CancelScope();
    expect(() => void scope.sleep(ms as never)).toThrow(TypeError);
    expect(() => void scope.sleep(ms as never)).toThrow(/A time to sleep must be a number of milliseconds, got /);
  });

  it("one cancellation clears the timers of 100,000 sleeps without a scan for each (S12)", () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock });
    for (let i = 0; i < 100_000; i++) void scope.sleep(i % 1_000);
    scope.cancel();
    expect([clock.armed, clock.calls.clearTimer]).toEqual([0, 100_000]);
  });
});

describe("CancelScope.checkpoint", () => {
  it("checkpoint lets the event loop turn: timers and I/O run (S13)", async () => {
    const log: string[] = [];
    setImmediate(() => log.push("macrotask"));
    queueMicrotask(() => log.push("microtask"));
    await new CancelScope().checkpoint();
    log.push("after");
    expect(log).toEqual(["microtask", "macrotask", "after"]);
  });

  it("checkpoint lets the event loop turn even if the scope is cancelled, then rejects with its reason (S13)", async () => {
    const scope = new CancelScope();
    scope.cancel();
    let turned = false;
    setImmediate(() => (turned = true));
    await expect(scope.checkpoint()).rejects.toBe(scope.reason);
    expect(turned).toBe(true);
  });

  it("checkpoint notices a cancellation that came during the turn (S13)", async () => {
    const scope = new CancelScope();
    const passing = scope.checkpoint();
    scope.cancel();
    await expect(passing).rejects.toBe(scope.reason);
  });

  it("checkpoint notices a deadline that passed during the turn (S9, S13)", async () => {
    const clock = new HandClock();
    const scope = new CancelScope({ clock, deadline: 10 });
    const passing = scope.checkpoint();
    clock.time = 10;
    await expect(passing).rejects.toBe(scope.reason);
  });

  it("checkpoint uses the clock's own turn if it has one (S13, C1)", async () => {
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

  it("checkpoint is never an unhandled rejection (S13)", async () => {
    const scope = new CancelScope();
    scope.cancel();
    void scope.checkpoint();
    await turn();
    await turn();
  });

  it("checkpoint lets a cancellation end a loop that only waits for what is ready (S13)", async () => {
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

  it("checkpoint resolves on a closed scope that was not cancelled, as throwIfCancelled returns (S13)", async () => {
    const scope = new CancelScope();
    scope.close();
    await scope.checkpoint();
    scope.throwIfCancelled();
  });
});

describe("CancelScope.throwIfCancelled", () => {
  it("throwIfCancelled throws the reason itself every time if the scope is cancelled, and otherwise nothing (S1)", () => {
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
