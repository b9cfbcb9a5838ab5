import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/pipeline.js";
import { printed } from "../printed.js";

describe("pipeline", () => {
  it("runs the stages side by side, with 20 rows in memory at most, and stops all of them (I3, I4, I6, I9)", async () => {
    expect(await printed(program)).toEqual([
      "Promise.all",
      "  the file is closed after 100 lines",
      "  inserted 100 rows in 1380 ms; at most 100 in memory",
      "mapStream and batch",
      "  progress: 4 rows",
      "  progress: 40 rows",
      "  progress: 80 rows",
      "  the file is closed after 100 lines",
      "  progress: 100 rows",
      "  inserted 100 rows in 1284 ms; at most 20 in memory",
      "Promise.all, where row 80 is broken",
      "  the file is closed after 100 lines",
      "  caught Error: row 80 is broken; rows still being parsed: 20",
      "mapStream and batch, where row 80 is broken",
      "  progress: 4 rows",
      "  progress: 40 rows",
      "  the file is closed after 80 lines",
      "  caught Error: row 80 is broken; rows still being parsed: 0",
    ]);
  });
});
