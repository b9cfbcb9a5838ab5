import { afterEach, describe, expect, it, vi } from "vitest";
import { CancelScope, now } from "@selvage/scope";

afterEach(() => {
  vi.useRealTimers();
});

describe("now", () => {
  it("now is the platform's monotonic time, which scopes without their own clock use (C1)", () => {
    const before = performance.now();
    const time = now();
    expect(time).toBeGreaterThanOrEqual(before);
    expect(new CancelScope().clock.now()).toBeGreaterThanOrEqual(time);
  });

  it("now is the time of fake timers while they are installed (C1)", () => {
    vi.useFakeTimers();
    const before = now();
    vi.advanceTimersByTime(1_000);
    expect(now() - before).toBe(1_000);
    expect(new CancelScope().clock.now()).toBe(now());
  });
});
