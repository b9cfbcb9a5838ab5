import { describe, expect, it } from "vitest";
import { runProgram } from "@selvage/test-support/run-program";

describe("the memory of timeouts", () => {
  it("timeouts that do not fire leave memory, timers and listeners flat (O6, S8)", async () => {
    const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { kept, ...left } = JSON.parse(end.stdout) as { kept: number };
    expect(left).toEqual({ timers: false, listeners: 0 });
    // Less than one link for each timeout.
    expect(kept).toBeLessThan(4);
  });

  it("a timeout that has ended can be collected (O6, S16)", async () => {
    const file = new URL("programs/collectable.ts", import.meta.url);
    const end = await runProgram(file, "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toEqual({ watched: 12, left: [] });
  });
});
