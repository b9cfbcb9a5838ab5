import { describe, expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";

describe("ManualClock", () => {
  it("fires the timers one by one, and moves time to each", () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    clock.setTimer(() => fired.push("a"), 10);
    const cleared = clock.setTimer(() => fired.push("b"), 20);
    clock.setTimer(() => fired.push("c"), 30);
    clock.fireNext();
    expect([fired, clock.now()]).toEqual([["a"], 10]);
    clock.clearTimer(cleared);
    clock.fireNext();
    expect([fired, clock.now()]).toEqual([["a", "c"], 30]);
    expect(() => clock.fireNext()).toThrow("expected a timer");
  });

  it("counts its readings", () => {
    const clock = new ManualClock();
    clock.now();
    clock.now();
    expect(clock.readings).toBe(2);
  });
});
