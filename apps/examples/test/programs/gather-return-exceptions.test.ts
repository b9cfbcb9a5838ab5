import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/gather-return-exceptions.js";
import { printed } from "../printed.js";

describe("gather-return-exceptions", () => {
  it("shows the errors of Promise.allSettled if somebody looks, and those of a Supervisor unasked (V2)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.allSettled, and nobody looks",
      "  all is well, it seems",
      "Promise.allSettled, inspected",
      "  a result: Ada",
      '  an error: ValueError: "ten" is not an amount',
      "  an error: TypeError: a currency is a text, got 36",
      "Supervisor",
      '  the error of readAmount: ValueError: "ten" is not an amount',
      "  the error of readCurrency: TypeError: a currency is a text, got 36",
      "  the result of readCustomer: Ada",
    ]);
  });
});
