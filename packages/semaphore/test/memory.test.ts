import { runProgram } from "@selvage/test-support/run-program";
import { describe, expect, it } from "vitest";

describe("the memory of semaphores", () => {
  it("waits that are granted or cancelled, and keys, leave memory, timers and listeners flat (M2, M10, M11)", async () => {
    const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { kept, ...left } = JSON.parse(end.stdout) as { kept: number };
    expect(left).toEqual({ timers: false, listeners: 0, waiting: 0, free: 2, keys: 0 });
    // Less than one link for each round of eight waits.
    expect(kept).toBeLessThan(4);
  });

  it("a semaphore holds no scope, no function and no wait that has ended (M10)", async () => {
    const file = new URL("programs/collectable.ts", import.meta.url);
    const end = await runProgram(file, "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(end.stdout)).toEqual({ watched: 9, left: [], free: 1 });
  });
});

describe("a process", () => {
  it("ends by itself although semaphores have holders and waiters (M10)", async () => {
    const end = await runProgram(new URL("programs/idle.ts", import.meta.url));
    expect(end).toEqual({ code: 0, stdout: "3 waiting, 0 free\n", stderr: "" });
  });

  it("lives until a pending take has its token (M12)", async () => {
    const end = await runProgram(new URL("programs/pending-take.ts", import.meta.url));
    expect(end).toEqual({ code: 0, stdout: "two tokens\n", stderr: "" });
  });
});
