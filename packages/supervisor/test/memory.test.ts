import { describe, expect, it } from "vitest";
import { runProgram } from "@selvage/test-support/run-program";

describe("a supervisor's memory", () => {
  it("a supervisor's memory stays flat over any number of tasks that return, fail and are cancelled (V1)", async () => {
    const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { kept, shares, live } = JSON.parse(end.stdout) as { kept: number; shares: number[]; live: object };
    expect(shares).toEqual([1 / 2, 1 / 4, 1 / 4]);
    expect(live).toEqual({ running: 0, queued: 0, restarting: 0, restarts: 0, size: 0, timers: false });
    // Less than one link for each task.
    expect(kept).toBeLessThan(4);
  });
  it("a supervisor keeps only its live tasks in memory: everything else can be collected (V1)", async () => {
    const file = new URL("programs/collectable.ts", import.meta.url);
    const end = await runProgram(file, "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toEqual({ watched: 27, left: [], open: 0 });
  });
});
