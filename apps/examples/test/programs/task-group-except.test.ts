import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/task-group-except.js";
import { printed } from "../printed.js";

describe("task-group-except", () => {
  it("runs one clause of a catch, each clause of except, and rethrows what no clause matches (E4)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.all, and catch",
      '  the clause for ValueError got: "ten" is not an amount',
      "TaskGroup, and except",
      '  the clause for ValueError got: "ten" is not an amount',
      "  the clause for TypeError got: a currency is a text, got 36",
      "TaskGroup, and except with a missing clause",
      '  the clause for ValueError got: "ten" is not an amount',
      "  rethrown: TypeError: a currency is a text, got 36",
    ]);
  });
});
