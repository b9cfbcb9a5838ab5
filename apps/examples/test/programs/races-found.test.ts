import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/races-found.js";
import { printed } from "../printed.js";

describe("races-found", () => {
  it("finds the lost update under a seed, and none after the fix (C2)", async () => {
    expect(await printed(program)).toEqual([
      "a test, run a hundred times",
      "  passed every time",
      "the same test, explored",
      "  Fails under seed 0: expected a balance of 120, got 70",
      "  Replay it: explore(body, { seeds: [0] }), or new VirtualClock({ seed: 0 }).run(body).",
      "  replayed: Error: expected a balance of 120, got 70",
      "with a withdrawal that reads the balance last, explored",
      "  passed under a hundred seeds",
    ]);
  });
});
