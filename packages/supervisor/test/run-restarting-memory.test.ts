import { describe, expect, it } from "vitest";
import { runProgram } from "@selvage/test-support/run-program";

describe("the memory of a task that is restarted", () => {
  it("a restarted task retains nothing of ended runs, and a million restarts take no memory (V9, V1)", async () => {
    const file = new URL("programs/restarts.ts", import.meta.url);
    const end = await runProgram(file, "--expose-gc", "--single-threaded");
    expect(end).toMatchObject({ code: 0, stderr: "" });
    const { kept, ...rest } = JSON.parse(end.stdout) as { kept: number };
    expect(rest).toEqual({ watched: 6, left: [], running: 2, restarting: 3, restarts: 2 });
    expect(kept).toBeLessThan(1_000_000); // one byte for each; the time of each would take eight
  });
});
