import { runProgram } from "@selvage/test-support/run-program";
import { describe, expect, it } from "vitest";

describe("the memory of flights", () => {
  it("callers that get a value, or leave, leave nothing, and values are kept for at most max keys (F3, F5)", async () => {
    const end = await runProgram(new URL("programs/memory.ts", import.meta.url), "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { kept, ...left } = JSON.parse(end.stdout) as { kept: number };
    expect(left).toEqual({ sizes: [0, 0, 100] });
    expect(kept).toBeLessThan(16); // less than two links for each call
  });

  it("idle flights do not keep the process alive, not even while values are kept (F5)", async () => {
    const end = await runProgram(new URL("programs/idle.ts", import.meta.url));
    expect(end).toEqual({ code: 0, stdout: "end of main\n", stderr: "" });
  });
});
