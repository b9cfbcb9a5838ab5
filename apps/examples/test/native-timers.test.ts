import { getEventListeners } from "node:events";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { NativeTimers } from "../src/native-timers.js";

describe("NativeTimers", () => {
  it("waits on the clock", async () => {
    const clock = new VirtualClock({ autojump: true });
    await new NativeTimers(clock).sleep(1_000);
    expect(clock.now()).toBe(1_000);
  });

  it("waits with the platform's timers without a clock", async () => {
    await expect(new NativeTimers(undefined).sleep(0)).resolves.toBeUndefined();
  });

  it("rejects with the signal's reason when it aborts, and leaves no timer", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleeping = new NativeTimers(clock, controller.signal).sleep(1_000);
    controller.abort("enough");
    await expect(sleeping).rejects.toBe("enough");
    expect(clock.pending).toBe(0);
  });

  it("rejects if the signal has already aborted, and leaves neither timer nor listener", async () => {
    const clock = new VirtualClock();
    const signal = AbortSignal.abort("too late");
    await expect(new NativeTimers(clock, signal).sleep(1_000)).rejects.toBe("too late");
    expect([clock.pending, getEventListeners(signal, "abort").length]).toEqual([0, 0]);
  });

  it("leaves no listener on the signal when it has waited", async () => {
    const { signal } = new AbortController();
    await new NativeTimers(new VirtualClock({ autojump: true }), signal).sleep(1_000);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("waits for ever for Infinity, without a timer", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleeping = new NativeTimers(clock, controller.signal).sleep(Infinity);
    await settled();
    expect(clock.pending).toBe(0);
    controller.abort("enough");
    await expect(sleeping).rejects.toBe("enough");
  });
});
