import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/trace.js";
import { printed } from "../printed.js";

describe("trace", () => {
  it("says what ran when, what a query waited for, and what the timeout cancelled (N6)", async () => {
    expect(await printed(program)).toEqual([
      'the page: TimeoutError: "limit" timed out after 100 ms',
      "   0 ms  limit: begins live",
      "   0 ms  page: begins live",
      "   0 ms  stock: begins running",
      "   0 ms  prices: begins running",
      '   0 ms  prices: waits begins semaphore "connection"',
      "  70 ms  prices: waits ends",
      "  70 ms  stock: ends fulfilled",
      ' 100 ms  limit: cancel "limit" was cancelled: its deadline passed',
      " 100 ms  page: cancelled",
      " 100 ms  prices: cancelled",
      " 100 ms  prices: ends cancelled",
      " 100 ms  page: ends cancelled",
      " 100 ms  limit: ends rejected",
    ]);
  });
});
