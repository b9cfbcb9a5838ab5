import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/child-process-stdin.js";
import { printed } from "../printed.js";

describe("child-process-stdin", { timeout: 20_000 }, () => {
  it("writes every good reading with a Supervisor, and one without (V3, T8)", async () => {
    expect(await printed(program)).toEqual([
      "async functions in callbacks",
      "  the child received 1 of 8 readings",
      "  no errors were seen; 6 writers wait for ever",
      "Supervisor",
      "  reading 5 failed: TypeError: Do not know how to serialize a BigInt",
      "  the child received 7 of 8 readings",
    ]);
  });
});
