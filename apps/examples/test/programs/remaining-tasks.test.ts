import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/remaining-tasks.js";
import { printed } from "../printed.js";

describe("remaining-tasks", () => {
  it("ends before the long task with Promise.all, and after it with a Supervisor (V1, V7)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.all",
      "  the long task begins",
      "  caught ValueError: no such customer",
      "  DONE, and the long task is still running",
      "  the long task has finished",
      "Supervisor",
      "  the long task begins",
      "  reported: ValueError: no such customer",
      "  the long task has finished",
      "  DONE",
    ]);
  });
});
