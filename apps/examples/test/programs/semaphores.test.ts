import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/semaphores.js";
import { printed } from "../printed.js";

describe("semaphores", () => {
  it("limits the calls of all places together, loses no permit, and keeps a rate (M2, M3, M9, M12)", async () => {
    expect(await printed(program)).toEqual([
      "each place has a limit of 2: 12 calls, 6 at once",
      "all have one semaphore of 2: 12 calls, 2 at once, 2 permits left",
      "a group of 4 gives up after 20 ms: 6 calls, 2 permits left, 0 wait",
      "10 calls in a second, 2 at once: a at 0, b at 0, c at 100, d at 200 ms",
    ]);
  });
});
