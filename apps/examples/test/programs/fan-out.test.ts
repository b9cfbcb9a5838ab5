import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/fan-out.js";
import { printed } from "../printed.js";

describe("fan-out", () => {
  it("gives each consumer its own buffer, and what it does when it is slow (Q11)", async () => {
    expect(await printed(program)).toEqual([
      "listeners of an emitter",
      "  the socket is closed; charts being drawn: 4",
      "  stored 10 11 12 13 14 15",
      "  drew 10 11 12 13 14 15, 4 at a time",
      "  checked 11 12 13 14 10 15",
      "a broadcast",
      "  the alarm has missed 2 prices, and starts over",
      "  the socket is closed; charts being drawn: 0",
      "  stored 10 11 12 13 14 15",
      "  drew 10 13 15, 1 at a time",
      "  checked 10 13 14 15",
    ]);
  });
});
