import { describe, expect, it } from "vitest";
import { runProgram } from "@selvage/test-support/run-program";

describe("a process whose supervisor is shut down on SIGTERM", () => {
  it("the process lives until the report is there, then ends by itself although a task is stuck (V2, V4, V5)", async () => {
    const end = await runProgram(new URL("programs/sigterm.ts", import.meta.url));
    expect(JSON.parse(end.stdout)).toEqual({
      completed: 0,
      failed: 0,
      cancelled: 1,
      abandoned: ["stubborn"],
      inTime: true,
    });
    expect(end.stderr).toContain('Task "broken" of supervisor "service" failed:\nError: boom');
    expect(end.code).toBe(0);
  }, 150_000);

  it("the process lives through a grace without a timeout, although nothing else keeps it alive (V4)", async () => {
    const end = await runProgram(new URL("programs/grace.ts", import.meta.url));
    expect(end).toEqual({ code: 0, stdout: "1 cancelled\n", stderr: "" });
  }, 150_000);
});

describe("a process whose supervisor drains on SIGTERM", () => {
  it("the process lives through the drain, stage by stage, and ends by itself with code 0 (V11)", async () => {
    const end = await runProgram(new URL("programs/drain.ts", import.meta.url));
    const stdout = "no more requests\nrequest done\nslow request cancelled\npool closed\nleft\n";
    expect(end).toEqual({ code: 0, stdout, stderr: "" });
  }, 150_000);
});
