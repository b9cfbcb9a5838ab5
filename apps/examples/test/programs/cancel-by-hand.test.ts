import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/cancel-by-hand.js";
import { printed } from "../printed.js";

describe("cancel-by-hand", () => {
  it("cancels the long task, and waits for it before it continues (K5)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.all and an AbortController",
      "  the long task begins",
      "  caught ValueError: no such customer",
      "  the long task was cancelled",
      "  DONE",
      "the tasks of a Supervisor",
      "  the long task begins",
      "  reported: ValueError: no such customer",
      "  the long task was cancelled",
      "  DONE",
    ]);
  });
});
