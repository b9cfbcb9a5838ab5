import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/search-box.js";
import { printed } from "../printed.js";

describe("search-box", () => {
  it("never shows an older answer after a newer one (I9, I10)", async () => {
    expect(await printed(program)).toEqual([
      "a listener",
      "  search for s",
      "  search for se",
      "  search for selvage",
      "  shown: results for selvage",
      "  shown: results for se",
      "  shown: results for s",
      "debounce and switchMap",
      "  search for se",
      "  search for se cancelled",
      "  search for selvage",
      "  shown: results for selvage",
    ]);
  });
});
