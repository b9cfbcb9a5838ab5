import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/fetch-150.js";
import { printed } from "../printed.js";

describe("fetch-150", { timeout: 20_000 }, () => {
  it("gets the records ten at a time, and leaves no request open when one fails (T2, T8)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.allSettled",
      "  147 records, 3 errors; 150 requests at a time",
      "TaskGroup, with a limit; a missing record is not a failure",
      "  147 records in order, without 40, 80, 120; 10 requests at a time",
      "Promise.all, while the server is stuck",
      "  caught GoneError: record 7 is gone; 149 requests are still open",
      "TaskGroup, while the server is stuck; a missing record is a failure",
      "  caught GoneError: record 7 is gone; 0 requests are still open",
      "  149 tasks were cancelled, 140 of them before they had sent anything",
    ]);
  });
});
