import { runProgram } from "@selvage/test-support/run-program";
import { describe, expect, it } from "vitest";

describe("the memory of channels", () => {
  it("cancelled receives, sends, selects, subscriptions and watches leave memory, timers and listeners flat (Q2, Q10, Q12)", async () => {
    const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { kept, ...left } = JSON.parse(end.stdout) as { kept: number };
    expect(left).toEqual({ waiting: [0, 0], sizes: [0, 1, 0], listeners: 0, timers: false });
    expect(kept).toBeLessThan(16); // less than two links for each round of a dozen waits
  });

  it("an idle channel keeps no item, no scope and no process alive (Q12)", async () => {
    const end = await runProgram(new URL("programs/idle.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toEqual({ watched: 7, left: [], size: 0, waiting: 0 });
  });
});
