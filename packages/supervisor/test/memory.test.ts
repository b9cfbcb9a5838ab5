import { describe, expect, it } from "vitest";
import { runProgram } from "./program.js";

describe("a supervisor's memory", () => {
  it("is flat over a million tasks that return, fail and are cancelled (V1)", { timeout: 150_000 }, async () => {
    const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { growth, ...stats } = JSON.parse(end.stdout) as { growth: number };
    expect(stats).toEqual({ running: 0, queued: 0, completed: 525_000, failed: 262_500, cancelled: 262_500, size: 0 });
    // Sixteen bytes kept of each task would be 16 MB.
    expect(growth).toBeLessThan(10_000_000);
  });
});
