import "@selvage/scope/ambient";
import { CancelScope, type Clock, now } from "@selvage/scope";
import { Alarm } from "@selvage/scope/lowlevel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HandClock } from "../hand-clock.js";
import { uncaughtDuring } from "../uncaught.js";

describe("Alarm, on the platform's timers", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("an alarm calls its function once, at its time (C1)", () => {
    const callback = vi.fn();
    new Alarm(callback).set(now() + 1_000);
    vi.advanceTimersByTime(999);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(100_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("an alarm does not end with the scope that encloses it (C4)", async () => {
    const callback = vi.fn();
    await CancelScope.run((scope) => {
      new Alarm(callback).set(now() + 1_000);
      scope.cancel();
    });
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("an alarm does not call its function after clear(), or if it is set to Infinity (C1)", () => {
    const callback = vi.fn();
    const alarm = new Alarm(callback);
    alarm.set(now() + 1_000);
    alarm.clear();
    alarm.set(Infinity);
    vi.advanceTimersByTime(1_000_000);
    alarm.clear();
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("Alarm, on a clock", () => {
  function start(callback: () => void = () => {}): { clock: HandClock; alarm: Alarm } {
    const clock = new HandClock();
    return { clock, alarm: new Alarm(callback, { clock }) };
  }

  it("an alarm calls its function before set() returns if the time has passed (C1)", () => {
    const callback = vi.fn();
    const { clock, alarm } = start(callback);
    alarm.set(100);
    alarm.set(clock.time);
    expect([callback.mock.calls.length, alarm.when, clock.armed]).toEqual([1, Infinity, 0]);
  });

  it("an alarm that is moved later keeps its timer, and sets it again when it fires (S10)", () => {
    const callback = vi.fn();
    const { clock, alarm } = start(callback);
    alarm.set(10);
    alarm.set(30);
    expect(clock.calls.setTimer).toBe(1);
    clock.time = 10;
    clock.fireDue();
    expect([callback.mock.calls.length, clock.due]).toEqual([0, 30]);
    clock.time = 30;
    clock.fireDue();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("an alarm that is moved earlier sets a new timer (S10)", () => {
    const { clock, alarm } = start();
    alarm.set(30);
    alarm.set(10);
    expect([clock.armed, clock.due]).toEqual([1, 10]);
  });

  it("an alarm keeps the process alive only if this was requested (S10)", () => {
    const { clock, alarm } = start();
    alarm.set(10);
    expect(clock.keepsAlive).toBe(false);
    new Alarm(() => {}, { clock, keepAlive: true }).set(10);
    expect(clock.keepsAlive).toBe(true);
  });

  it("the function of an alarm may set it again (C1)", () => {
    let calls = 0;
    const { clock, alarm } = start(() => {
      calls++;
      if (calls < 3) alarm.set(clock.time + 1);
    });
    alarm.set(1);
    for (clock.time = 1; clock.time < 10; clock.time++) clock.fireDue();
    expect([calls, clock.armed]).toEqual([3, 0]);
  });

  it("an error that the function of an alarm throws is reported as uncaught (S4)", async () => {
    const { clock, alarm } = start(() => {
      throw new Error("callback");
    });
    const uncaught = await uncaughtDuring(() => {
      alarm.set(clock.time);
    });
    expect(uncaught.map(String)).toEqual(["Error: callback"]);
  });

  it("an alarm does not change if the clock throws while it is set (C1)", () => {
    const clock = new HandClock();
    let fails = false;
    const failing: Clock = {
      now: () => clock.now(),
      setTimer: (callback, delay) => {
        if (fails) throw new Error("no timer");
        return clock.setTimer(callback, delay);
      },
      clearTimer: (timer) => {
        clock.clearTimer(timer);
      },
    };
    const alarm = new Alarm(() => {}, { clock: failing });
    fails = true;
    expect(() => {
      alarm.set(10);
    }).toThrow("no timer");
    expect([alarm.when, clock.armed]).toEqual([Infinity, 0]);
  });
});
