import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/retries.js";
import { printed } from "../printed.js";

describe("retries", () => {
  it("stops at once when the customer leaves, and begins no wait that it cannot end (B2, B4, B8, B9, B10)", async () => {
    expect(await printed(program)).toEqual([
      "a loop, and a customer who leaves after 100 ms",
      "  the server was asked",
      "  failed: Error: 503",
      "  failed: AbortError: This operation was aborted",
      "  the loop has ended after 210 ms",
      "retry, and a customer who leaves after 100 ms",
      "  the server was asked",
      '  failed: AbortError: "customer" was cancelled: the customer has left',
      "  retry has ended after 100 ms",
      "  the server was asked",
      "  a customer who stays gets the price of 42",
      "retry with 500 ms for the whole",
      "  the server was asked",
      "  the server was asked",
      "  the server was asked",
      '  caught RetryError: "price" failed after 3 attempts in 430 ms: 503',
      "  retry has ended after 430 ms, because the next wait would have been too long",
      "hedge: a second replica is asked after 50 ms",
      "  the request to the slow replica was cancelled",
      "  the quick replica has answered after 70 ms",
      "a Breaker that opens after two failures, for 1,000 ms",
      "  the server was asked",
      "  failed: Error: 503",
      "  the server was asked",
      "  it is open",
      "  failed: Error: 503",
      "  failed: CircuitOpenError: The breaker is open for another 700 ms.",
      "  it is half-open",
      "  the server was asked",
      "  it is closed",
      "  the price is 42",
      "every 100 ms, for 450 ms: the second run takes 150 ms",
      "  run 1 at 100 ms",
      "  run 2 at 200 ms",
      "  run 3 at 400 ms",
    ]);
  });
});
