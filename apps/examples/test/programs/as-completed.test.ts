import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/as-completed.js";
import { printed } from "../printed.js";

describe("as-completed", () => {
  it("takes the first price that arrives, and cancels the other requests (V10)", async () => {
    expect(await printed(program)).toEqual([
      "a loop over promises, stopped at the first price",
      "  Rome answers",
      "  Oslo answers",
      "  the caller takes 30 from Oslo",
      "asCompleted, stopped at the first price",
      "  Rome answers",
      "  the caller takes 20 from Rome",
      "  Oslo is cancelled",
      "  the caller continues",
      "Promise.allSettled, with 250 ms for each",
      "  Rome answers",
      "  Error: timed out after 250 ms",
      "  20 from Rome",
      "  Error: Lima has none",
      "  the caller continues",
      "  Oslo answers",
      "gatherSettled, with 250 ms for each",
      "  Rome answers",
      "  Oslo is cancelled",
      "  TimeoutError: timed out after 250 ms",
      "  20 from Rome",
      "  Error: Lima has none",
      "  the caller continues",
    ]);
  });
});
