import { describe, expect, it } from "vitest";
import { readOptions } from "../../src/soak/options.js";

describe("readOptions", () => {
  it("runs for ten minutes with a random seed by default", () => {
    expect(readOptions([])).toMatchObject({ minutes: 10, rate: 200, bound: 100 });
    expect(Number.isSafeInteger(readOptions([]).seed)).toBe(true);
  });

  it("reads each option", () => {
    const args = ["--minutes", "0.5", "--rate", "50", "--bound", "1000", "--seed", "7"];
    expect(readOptions(args)).toEqual({ minutes: 0.5, rate: 50, bound: 1_000, seed: 7 });
  });

  it.each([
    [["--minutes", "0"], "--minutes must be a number above 0, got 0."],
    [["--rate", "x"], "--rate must be a number above 0, got x."],
    [["--bound", "Infinity"], "--bound must be a number above 0, got Infinity."],
    [["--seed", "x"], "--seed must be a whole number, got x."],
  ])("refuses %j", (args, message) => {
    expect(() => readOptions(args)).toThrow(new RangeError(message));
  });
});
