import { describe, expect, it } from "vitest";
import { program } from "../../src/programs/background-spawn.js";
import { printed } from "../printed.js";

describe("background-spawn", () => {
  it("reports the typo and the unfinished tasks with a Supervisor, and nothing without (V2, V4, C3)", async () => {
    expect(await printed(program)).toEqual([
      "fire and forget",
      "  exit: no errors were seen, and what still runs is killed",
      "Supervisor",
      "  flushMetrics failed: TypeError: metrics.flsh is not a function",
      "  exit, and these have not ended:",
      '    Supervisor "background": live',
      '      task "sendMail": running',
      '      task "watchDisk": running',
      "  cancelled: 1; abandoned, because it cannot be cancelled: watchDisk",
    ]);
  });
});
