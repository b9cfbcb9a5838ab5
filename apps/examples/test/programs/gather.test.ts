import { describe, expect, it } from "vitest";
import { gather } from "../../src/programs/gather.js";
import { printed } from "../printed.js";

describe("gather", () => {
  it("shows one error of Promise.all, and both of a TaskGroup (T3)", async () => {
    expect(await printed(gather)).toEqual([
      "Promise.all",
      '  caught ValueError: "ten" is not an amount',
      "  there is a second error, and nobody will ever see it",
      "TaskGroup",
      '  caught ValueError: "ten" is not an amount',
      "  caught TypeError: a currency is a text, got 36",
    ]);
  });
});
