import { describe, expect, it } from "vitest";
import { runProgram } from "@selvage/test-support/run-program";

describe("the memory of an instrumentation", () => {
  it("stays flat over any number of tasks, and the span of a group that is dropped ends when the group is collected (N5)", async () => {
    const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { kept, ...open } = JSON.parse(end.stdout) as { kept: number };
    expect(open).toEqual({ openAfterTasks: 1, openAfterDrop: 1_001, openAtEnd: 1 });
    expect(kept).toBeLessThan(100); // a retained span would be more than 500 bytes
  });
});
