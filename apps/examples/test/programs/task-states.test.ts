import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/task-states.js";
import { printed } from "../printed.js";

describe("task-states", () => {
  it("shows each state of a task, and what its methods then return (K2, K4)", async () => {
    expect(await printed(program)).toEqual([
      "Promise",
      "  a pending one: pending",
      "  one with a value: fulfilled",
      "  one with an error: rejected",
      "Task",
      "  pending",
      "    result()    throws InvalidStateError",
      "    exception() throws InvalidStateError",
      "  fulfilled",
      "    result()    returns 42",
      "    exception() returns undefined",
      "  rejected",
      "    result()    throws ValueError",
      "    exception() returns ValueError: no answer",
      "  cancelled",
      "    result()    throws CancelledError",
      "    exception() throws CancelledError",
    ]);
  });
});
