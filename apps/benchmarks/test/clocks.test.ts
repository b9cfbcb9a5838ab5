import { describe, expect, it } from "vitest";
import { stopwatch } from "../src/clocks.js";

describe("stopwatch", () => {
  it("measures the time that passes, and the processor time of work", () => {
    const elapsed = stopwatch();
    const end = performance.now() + 60;
    while (performance.now() < end);
    const { wall, thread, process: all } = elapsed();
    expect(wall).toBeGreaterThanOrEqual(60);
    expect(all).toBeGreaterThan(0);
    if (thread !== undefined) {
      expect(thread).toBeGreaterThan(0);
      expect(thread).toBeLessThanOrEqual(wall + 10);
    }
  });

  it("counts no processor time while the thread sleeps", () => {
    const elapsed = stopwatch();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    const { wall, thread = 0 } = elapsed();
    expect(wall).toBeGreaterThanOrEqual(59);
    expect(thread).toBeLessThan(wall / 2);
  });
});
