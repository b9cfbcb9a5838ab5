import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/crawler.js";
import { expectLines } from "../lines.js";
import { printed } from "../printed.js";

describe("crawler", () => {
  it("visits the same pages in the same time, and leaves no request (M12, B5, T8)", async () => {
    const same = [
      "  5 pages, 6 requests, 2 at a time, in 320 ms",
      "  AbortError: the scope was cancelled: its deadline passed; 0 requests are left",
    ];
    expect(await printed(program)).toEqual(["by hand", ...same, "with the packages", ...same]);
  });

  it("is as much shorter with the packages as the list of programs says", () => {
    expectLines("crawler", "crawl-by-hand.ts", "crawl.ts");
  });
});
