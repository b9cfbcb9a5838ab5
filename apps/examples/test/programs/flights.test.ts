import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/flights.js";
import { printed } from "../printed.js";

describe("flights", () => {
  it("makes one query for all, which ends with the last client (F1, F2, F3)", async () => {
    expect(await printed(program)).toEqual([
      "a map of promises",
      "  the query begins",
      "  the query has ended",
      "  client 1: Error: client 1 has hung up",
      "  client 2: Error: client 1 has hung up",
      "  client 3: Error: client 1 has hung up",
      "flights",
      "  the query begins",
      "  the query has ended",
      "  client 1: AbortError: the scope was cancelled: client 1 has hung up",
      "  client 2: the report",
      "  client 3: the report",
      "flights, and all hang up",
      "  the query begins",
      "  the query has ended",
      "  client 1: AbortError: the scope was cancelled: hung up",
      "  client 2: AbortError: the scope was cancelled: hung up",
    ]);
  });
});
