import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/as-completed.js";
import { printed } from "../printed.js";

describe("as-completed", () => {
  it("takes the first price that comes, and has no shop asked for nothing (V10)", async () => {
    expect(await printed(program)).toEqual([
      "a loop over promises, left at the first price",
      "  Rome answers",
      "  Oslo answers",
      "  the caller takes 30 from Oslo",
      "asCompleted, left at the first price",
      "  Rome answers",
      "  the caller takes 20 from Rome",
      "  Oslo is no longer asked",
      "  the caller goes on",
      "Promise.allSettled, with 250 ms for each",
      "  Rome answers",
      "  Error: timed out after 250 ms",
      "  20 from Rome",
      "  Error: Lima has none",
      "  the caller goes on",
      "  Oslo answers",
      "gatherSettled, with 250 ms for each",
      "  Rome answers",
      "  Oslo is no longer asked",
      "  TimeoutError: timed out after 250 ms",
      "  20 from Rome",
      "  Error: Lima has none",
      "  the caller goes on",
    ]);
  });
});
