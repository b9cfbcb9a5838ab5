import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/ambient.js";
import { printed } from "../printed.js";

describe("ambient", { timeout: 20_000 }, () => {
  it("cancels the query if the scope is passed on or ambient, and lets it run on otherwise (C4)", async () => {
    expect(await printed(program)).toEqual([
      "without a scope parameter",
      "  the query has run to its end",
      "  a page of 42 rows, and the client has left",
      "every function passes its scope on",
      "  the query was cancelled",
      "  no page, and the client is informed in time",
      "without a scope parameter, but with ambient scopes",
      "  the query was cancelled",
      "  no page, and the client is informed in time",
    ]);
  });
});
