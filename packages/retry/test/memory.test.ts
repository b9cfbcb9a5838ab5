import { runProgram } from "@selvage/test-support/run-program";
import { describe, expect, it } from "vitest";

describe("the memory of retries", () => {
  it("any number of calls, attempts, ticks, hedges and breakers leave memory, timers and listeners flat (B1, B8, B9, B10)", async () => {
    const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { kept, ...left } = JSON.parse(end.stdout) as { kept: Record<string, number> };
    expect(left).toEqual({ timers: false, listeners: 0 });
    // Less than one link for each call or attempt.
    for (const [what, bytes] of Object.entries(kept)) expect([what, bytes < 4]).toEqual([what, true]);
  });
});
