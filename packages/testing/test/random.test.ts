import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSeed, randomOf, shuffled } from "../src/random.js";

describe("randomOf", () => {
  // Printed by the generator's reference code in C.
  it.each([
    [0, [1144304738, 1416247, 958946056, 627933444]],
    [1, [2693262067, 11749833, 2265367787, 4213581821]],
    [42, [2581720956, 1925393290, 3661312704, 2876485805]],
    [4294967295, [3850105811, 813802916, 3073704848, 4054706436]],
  ])("randomOf gives the numbers of mulberry32 for the seed %i (C2)", (seed, expected) => {
    const random = randomOf(seed);
    expect(expected.map(() => random() * 2 ** 32)).toEqual(expected);
  });

  it("randomOf gives numbers from 0 to below 1, whatever the seed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seed) => {
        const number = randomOf(seed)();
        expect(number).toBeGreaterThanOrEqual(0);
        expect(number).toBeLessThan(1);
      }),
    );
  });
});

describe("shuffled", () => {
  it("shuffled gives every order of a few items, each about equally often (C2)", () => {
    const random = randomOf(7);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 24_000; draw++) {
      const order = shuffled(["a", "b", "c", "d"], random).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it("shuffled keeps all items, and does not change its argument", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const before = [...items];
        const order = shuffled(items, randomOf(seed));
        expect(items).toEqual(before);
        expect(order.sort()).toEqual([...items].sort());
      }),
    );
  });
});

describe("checkSeed", () => {
  it.each([0, 1, 2 ** 32 - 1])("checkSeed accepts %s", (seed) => {
    checkSeed(seed);
  });

  it.each([-1, 1.5, NaN, Infinity, 2 ** 32])("checkSeed refuses %s, which is out of range", (seed) => {
    expect(() => checkSeed(seed)).toThrow(
      new RangeError(`A seed must be a whole number from 0 to 4294967295, got ${seed}.`),
    );
  });

  it.each(["1", null, undefined])("checkSeed refuses %o, which is not a number", (seed) => {
    expect(() => checkSeed(seed)).toThrow(new TypeError(`A seed must be a number, got ${JSON.stringify(seed)}.`));
  });
});
