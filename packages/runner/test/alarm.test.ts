import "@selvage/scope/ambient";
import { CancelScope, now } from "@selvage/scope";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setAlarm } from "../src/alarm.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("setAlarm", () => {
  it("setAlarm calls back once, at its time (R2)", () => {
    const callback = vi.fn();
    setAlarm(now() + 1_000, callback);
    vi.advanceTimersByTime(999);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(100_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("setAlarm calls back before it returns if the time has passed (R2)", () => {
    const callback = vi.fn();
    setAlarm(now(), callback)();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("an alarm does not end with the scope that encloses it (R2, C4)", async () => {
    const callback = vi.fn();
    await CancelScope.run((scope) => {
      setAlarm(now() + 1_000, callback);
      scope.cancel();
    });
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("an alarm never calls back once it is disarmed, or at Infinity (R2)", () => {
    const callback = vi.fn();
    setAlarm(now() + 1_000, callback)();
    const disarm = setAlarm(Infinity, callback);
    vi.advanceTimersByTime(1_000_000);
    disarm();
    disarm();
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
