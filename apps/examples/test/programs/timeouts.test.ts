import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/timeouts.js";
import { printed } from "../printed.js";

describe("timeouts", () => {
  it("stops the query with each timeout, but not with Promise.race (O1, O4, O6, O7)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.race with a timer",
      "  caught Error: timed out after 100 ms",
      "  the query has run to its end",
      "timeout",
      "  the query was cancelled",
      "  caught TimeoutError: timed out after 100 ms",
      "timeout in a timeout: only the one that expired throws",
      "  the query was cancelled",
      '  caught TimeoutError: "the outer one" timed out after 100 ms',
      "timeout, rescheduled: 350 ms after each part",
      "  the first part has arrived",
      "  the second part has arrived",
      "  the third part has arrived",
      "  the last part has arrived",
      "moveOnAfter",
      "  the query was cancelled",
      "  no error, but no rows either: undefined",
    ]);
  });
});
