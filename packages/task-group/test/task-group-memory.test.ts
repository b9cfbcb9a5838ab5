import { describe, expect, it } from "vitest";
import { runProgram } from "@selvage/test-support/run-program";

describe("a TaskGroup's memory", () => {
  it("a TaskGroup's memory stays flat over any number of children, and of groups (T9, S16)", async () => {
    const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { tasks, groups, timers } = JSON.parse(end.stdout) as { tasks: number; groups: number; timers: boolean };
    // Less than one link for each child.
    expect(tasks).toBeLessThan(4);
    expect(groups).toBeLessThan(4);
    expect(timers).toBe(false);
  });

  it("a TaskGroup keeps only its live children and its errors in memory: everything else can be collected (T9)", async () => {
    const end = await runProgram(
      new URL("programs/collectable.ts", import.meta.url),
      "--expose-gc",
      "--single-threaded",
    );
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toEqual({ watched: 24, left: [], open: 2 });
  });
});
