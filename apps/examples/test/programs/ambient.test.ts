import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/ambient.js";
import { printed } from "../printed.js";

describe("ambient", { timeout: 20_000 }, () => {
  it("cancels the query where its scope is handed down, or found, and lets it run on where it is neither (C4)", async () => {
    expect(await printed(program)).toEqual([
      "nothing is handed down",
      "  the query has run to its end",
      "  a page of 42 rows, and the client has left",
      "every function hands down a scope",
      "  the query was cancelled",
      "  no page, and the client is told so in time",
      "nothing is handed down, but ambient scopes are imported",
      "  the query was cancelled",
      "  no page, and the client is told so in time",
    ]);
  });
});
