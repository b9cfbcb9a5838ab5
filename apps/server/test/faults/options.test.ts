import { describe, expect, it } from "vitest";
import { readOptions } from "../../src/faults/options.js";

describe("readOptions", () => {
  it("runs everything with a random seed by default", () => {
    expect(readOptions([])).toMatchObject({ only: "", scale: 1, writes: false });
    expect(Number.isSafeInteger(readOptions([]).seed)).toBe(true);
  });

  it("reads a name, a seed, and that a slice is enough", () => {
    const options = readOptions(["--only", "SIGKILL", "--seed", "7", "--slice"]);
    expect(options).toMatchObject({ only: "SIGKILL", seed: 7, writes: false });
    expect(options.scale).toBeLessThan(1);
  });

  it.each([
    [["--seed", "x"], "--seed must be a whole number, got x."],
    [["--seed", "1.5"], "--seed must be a whole number, got 1.5."],
    [["--write", "--slice"], "--write needs a full run: leave --slice and --only out."],
    [["--write", "--only", "SIGKILL"], "--write needs a full run: leave --slice and --only out."],
  ])("refuses %j", (args, message) => {
    expect(() => readOptions(args)).toThrow(new RangeError(message));
  });

  it("refuses an option that it does not know", () => {
    expect(() => readOptions(["--minutes", "1"])).toThrow(TypeError);
  });
});
