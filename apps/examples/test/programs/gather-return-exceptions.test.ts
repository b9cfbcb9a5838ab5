import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/gather-return-exceptions.js";
import { printed } from "../printed.js";

describe("gather-return-exceptions", () => {
  it("shows the errors of Promise.allSettled only if they are inspected, and those of a Supervisor always (V2)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.allSettled, not inspected",
      "  no error is seen",
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
