import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/first-wins.js";
import { printed } from "../printed.js";

describe("first-wins", () => {
  it("shows that losers hang up before the caller has the winner, but not with promises (T11)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.race",
      "  the caller caught Error: Lima is down",
      "  Rome has sent the page",
      "  Oslo has sent the page",
      "race",
      "  Rome has hung up",
      "  Oslo has hung up",
      "  the caller caught Error: Lima is down",
      "Promise.any",
      "  Rome has sent the page",
      "  the caller got the page from Rome",
      "  Oslo has sent the page",
      "any",
      "  Rome has sent the page",
      "  Oslo has hung up",
      "  the caller got the page from Rome",
      "Promise.all",
      "  the caller caught Error: Lima is down",
      "  Rome has sent the page",
      "  Oslo has sent the page",
      "gather",
      "  Rome has hung up",
      "  Oslo has hung up",
      "  the caller caught Error: Lima is down",
    ]);
  });
});
