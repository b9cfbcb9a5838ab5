import { describe, expect, it } from "vitest";
import { runProgram } from "./program.js";

describe("a TaskGroup's memory", () => {
  it("is flat over a million children, and over 200,000 groups (T9, S16)", { timeout: 180_000 }, async () => {
    const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { tasks, groups } = JSON.parse(end.stdout) as Record<string, number>;
    // Were they kept, they would be 200 MB and more.
    expect(tasks).toBeLessThan(10_000_000);
    expect(groups).toBeLessThan(10_000_000);
  });

  it("is that of its live children and its errors: all else can be collected (T9)", { timeout: 180_000 }, async () => {
    const end = await runProgram(
      new URL("programs/collectable.ts", import.meta.url),
      "--expose-gc",
      "--single-threaded",
    );
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toEqual({ watched: 20, left: [], open: 2 });
  });
});
