import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/gather.js";
import { printed } from "../printed.js";

describe("gather", () => {
  it("shows one error of Promise.all, and both of a TaskGroup and of gather (T3, T11)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.all",
      '  caught ValueError: "ten" is not an amount',
      "  there is a second error, which is lost",
      "TaskGroup",
      '  caught ValueError: "ten" is not an amount',
      "  caught TypeError: a currency is a text, got 36",
      "gather, the TaskGroup that looks like Promise.all",
      '  caught ValueError: "ten" is not an amount',
      "  caught TypeError: a currency is a text, got 36",
    ]);
  });
});
