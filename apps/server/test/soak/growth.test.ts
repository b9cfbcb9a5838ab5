import { describe, expect, it } from "vitest";
import { growth, warm } from "../../src/soak/growth.js";

const at = (time: number, heap: number): { time: number; heap: number } => ({ time, heap });

describe("growth", () => {
  it("is the slope of the line through the samples", () => {
    expect(growth([at(1, 10), at(2, 13), at(3, 16)])).toBe(3);
  });

  it("is zero if the heap goes up and down around one size", () => {
    expect(growth([at(1, 10), at(2, 14), at(3, 14), at(4, 10)])).toBe(0);
  });

  it("is not changed by one outlier", () => {
    expect(growth([at(1, 10), at(2, 10), at(3, 40), at(4, 10), at(5, 10)])).toBe(0);
  });

  it("is unknown for fewer than two samples, and then exceeds every bound", () => {
    expect(growth([at(1, 10)])).toBeNaN();
  });
});

describe("warm", () => {
  it("omits the first quarter", () => {
    expect(warm([at(1, 9), at(2, 1), at(3, 1), at(4, 1), at(5, 1)])).toEqual([at(3, 1), at(4, 1), at(5, 1)]);
  });
});
