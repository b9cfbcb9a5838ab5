import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ratios, summarise } from "../src/statistics.js";

describe("summarise", () => {
  it("finds the median and the middle half, in whatever order the figures come", () => {
    expect(summarise([9, 1, 8, 2, 7, 3, 6, 4, 5])).toEqual({ median: 5, lowerQuartile: 3, upperQuartile: 7, count: 9 });
  });

  it("is not moved by a figure that strays", () => {
    expect(summarise([1, 1, 1, 1, 1_000])).toEqual({ median: 1, lowerQuartile: 1, upperQuartile: 1, count: 5 });
  });

  it("leaves the figures as they are, and keeps the order of what it finds", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (figures) => {
        const before = [...figures];
        const { lowerQuartile, median, upperQuartile } = summarise(figures);
        expect(figures).toEqual(before);
        expect(lowerQuartile).toBeLessThanOrEqual(median);
        expect(median).toBeLessThanOrEqual(upperQuartile);
      }),
    );
  });

  it("refuses to make something of nothing", () => {
    expect(() => summarise([])).toThrow(Error);
  });
});

describe("ratios", () => {
  it("compares round by round, so that a slow machine slows both", () => {
    expect(ratios([2, 20, 2], [1, 10, 4])).toEqual([2, 2, 0.5]);
  });

  it("compares what rounds both have", () => {
    expect(ratios([2, 4, 6], [1, 2])).toEqual([2, 2]);
    expect(ratios([2], [1, 2, 3])).toEqual([2]);
  });
});
