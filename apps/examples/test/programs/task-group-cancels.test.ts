import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/task-group-cancels.js";
import { printed } from "../printed.js";

describe("task-group-cancels", () => {
  it("cancels the long task with a TaskGroup, and waits for it before it continues (T1, T2)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.all",
      "  the long task begins",
      "  caught ValueError: no such customer",
      "  DONE",
      "  the long task has finished",
      "TaskGroup",
      "  the long task begins",
      "  the long task was cancelled",
      "  caught ValueError: no such customer",
      "  DONE",
    ]);
  });
});
