import { describe, expect, it } from "vitest";
import { runProgram } from "@selvage/test-support/run-program";

describe("the memory of map", () => {
  it(
    "map keeps only its results in memory, and never reads ahead of the calls (T12, T9)",
    { timeout: 120_000 },
    async () => {
      const end = await runProgram(
        new URL("../programs/map-memory.ts", import.meta.url),
        "--expose-gc",
        "--single-threaded",
      );
      expect(end).toMatchObject({ code: 0, stderr: "" });
      const { kept, ...counts } = JSON.parse(end.stdout) as { kept: number };
      expect(counts).toEqual({ furthestAhead: 8, unended: 0 });
      // The list of results itself grows by 8 bytes an item, and is enlarged by half when it is full. An item is 200
      // bytes.
      expect(kept).toBeLessThan(20);
    },
  );
});
