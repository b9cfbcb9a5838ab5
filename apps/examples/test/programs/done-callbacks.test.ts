import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/done-callbacks.js";
import { printed } from "../printed.js";

describe("done-callbacks", () => {
  it("collects enough answers, and cancels the rest with a TaskGroup (K4, T4)", async () => {
    expect(await printed(program)).toEqual([
      "Promise, and then",
      "  enough: the page from Lima, the page from Rome",
      "  later, the same list: the page from Lima, the page from Rome, the page from Cairo, the page from Oslo",
      "TaskGroup, and addDoneCallback",
      "  Lima: fulfilled",
      "  Rome: fulfilled",
      "  Oslo: cancelled",
      "  Cairo: cancelled",
      "  enough: the page from Lima, the page from Rome",
    ]);
  });
});
