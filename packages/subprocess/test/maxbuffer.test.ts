import { CancelScope } from "@selvage/scope";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ProcessError, runCommand } from "../src/index.js";
import { errorOf, isAlive, Meeting } from "./processes.js";

let meeting: Meeting;
let scope: CancelScope;

beforeEach(() => {
  meeting = new Meeting();
  scope = new CancelScope();
});

afterEach(() => {
  scope.close();
  meeting[Symbol.dispose]();
});

describe("maxBuffer", () => {
  it.each(["stdout", "stderr"] as const)("ends a command that writes more to %s, with its group (P3)", async (name) => {
    const { path, report } = meeting.point();
    const script = `sleep 1000 & echo "$$ $!" >"$1"; yes ${name === "stderr" ? ">&2" : ""}`;
    const error = (await errorOf(
      runCommand(scope, "sh", ["-c", script, "sh", path], { maxBuffer: 100_000 }),
    )) as ProcessError;
    expect(error).toMatchObject({ name: "ProcessError", code: undefined, signal: undefined });
    expect(error.message).toMatch(new RegExp(`^"sh" wrote more than 100000 bytes to ${name}`));
    expect((await report).split(" ").filter(isAlive)).toEqual([]);
  });

  it("is the most that is kept of each output, and may be reached (P3)", async () => {
    const script = "printf 12345; printf 54321 >&2";
    const output = await runCommand(scope, "sh", ["-c", script], { maxBuffer: 5 });
    expect(output).toMatchObject({ stdout: "12345", stderr: "54321" });
    expect(await errorOf(runCommand(scope, "sh", ["-c", script], { maxBuffer: 4 }))).toMatchObject({
      name: "ProcessError",
    });
    expect(await errorOf(runCommand(scope, "sh", ["-c", script], { maxBuffer: 0 }))).toMatchObject({
      name: "ProcessError",
    });
    expect(await runCommand(scope, "true", [], { maxBuffer: 0 })).toMatchObject({ stdout: "" });
  });

  it("fails a command that exits with 0 after it has written too much (P3)", async () => {
    const script = "trap 'exit 0' TERM; printf 12345; while :; do sleep 0.01; done";
    expect(await errorOf(runCommand(scope, "sh", ["-c", script], { maxBuffer: 4 }))).toMatchObject({ code: undefined });
  });

  it("lets a command that must end go on writing during its grace (P3)", async () => {
    const script = "trap '' TERM; yes | head -c 1000000; exit 0";
    expect(await errorOf(runCommand(scope, "sh", ["-c", script], { maxBuffer: 10 }))).toMatchObject({
      name: "ProcessError",
    });
  });

  it("does not limit the output with Infinity: 100 MB arrive unchanged (P3)", async () => {
    const script = 'head -c 100000000 /dev/zero | tr "\\\\0" x';
    const { bytes, truncated } = await runCommand(scope, "sh", ["-c", script], { maxBuffer: Infinity });
    expect([bytes.length, bytes.every((byte) => byte === 0x78), truncated]).toEqual([100_000_000, true, false]);
  });
});
