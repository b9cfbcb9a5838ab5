import { runProgram } from "@selvage/test-support/run-program";
import { describe, expect, it } from "vitest";

describe("a process", () => {
  it("is kept alive by waits, time limits, ticks and hedges, and not by a breaker (B3, B4, B8, B9, B10)", async () => {
    const end = await runProgram(new URL("programs/alive.ts", import.meta.url));
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(end.stdout.trim().split("\n")).toEqual([
      "a wait: fine",
      "an attemptTimeout: RetryError",
      "a timeout: RetryError",
      "ticks: 3",
      "a run that is cancelled: 3",
      "a hedge: second",
      "open",
    ]);
  });
});
