import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/map.js";
import { printed } from "../printed.js";

describe("map", () => {
  it("does not wait for chunks with map, and leaves nothing running when a record is broken (T11)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.all, in chunks",
      "  the source is closed after 10 records",
      "  stored 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 in 1.1 s; 3 records at a time",
      "map, with a limit",
      "  the source is closed after 10 records",
      "  stored 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 in 0.7 s; 3 records at a time",
      "Promise.all, in chunks, where record 5 is broken",
      "  the source is closed after 6 records",
      "  caught Error: record 5 is broken; records still being stored: 1",
      "map, with a limit, where record 5 is broken",
      "  the source is closed after 6 records",
      "  caught Error: record 5 is broken; records still being stored: 0",
    ]);
  });
});
