import { describe, expect, it } from "vitest";
import { runProgram } from "./program.js";

describe("the memory of map", () => {
  it(
    "is flat over a million items of an asynchronous source, which it never runs ahead of (T11, T9)",
    { timeout: 120_000 },
    async () => {
      const end = await runProgram(
        new URL("programs/map-memory.ts", import.meta.url),
        "--expose-gc",
        "--single-threaded",
      );
      expect(end).toMatchObject({ code: 0, stderr: "" });
      const { growth, ...counts } = JSON.parse(end.stdout) as { growth: number };
      expect(counts).toEqual({ furthestAhead: 8, ended: 1_000_000, results: 1_000_000 });
      // The list of results itself grows by 8 bytes an item, and is enlarged by half when it is full. An item is 200 bytes.
      expect(growth).toBeLessThan(20_000_000);
    },
  );
});
