import { describe, expect, it } from "vitest";
import { Random } from "../../src/faults/random.js";

describe("Random", () => {
  it("returns the same numbers for the same seed, and other numbers for another seed", () => {
    const numbers = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(numbers(1)).toEqual(numbers(1));
    expect(numbers(1)).not.toEqual(numbers(2));
  });

  it("returns every whole number in a range, and no other", () => {
    const random = new Random(1);
    const numbers = new Set(Array.from({ length: 200 }, () => random.between(3, 6)));
    expect([...numbers].sort()).toEqual([3, 4, 5, 6]);
  });
});
