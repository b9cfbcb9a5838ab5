import { describe, expect, it } from "vitest";
import { run, runWell } from "../src/command.js";

const timeLimit = 60_000;

describe("run", () => {
  it("returns how the command ended, and its output", async () => {
    const code = 'console.log("out"); console.error("err"); process.exitCode = 3';
    expect(await run(process.execPath, ["-e", code], { timeLimit })).toEqual({
      code: 3,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
      timedOut: false,
    });
  });

  it("kills a command that takes too long", async () => {
    const ending = await run(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { timeLimit: 1 });
    expect(ending).toMatchObject({ code: null, signal: "SIGKILL", timedOut: true });
  });

  it("passes on each line when it is printed, and sends the requested signal", async () => {
    const lines: string[] = [];
    const code =
      'process.once("SIGTERM", () => process.exit(7)); setInterval(() => {}, 1000); console.log("one\\nready")';
    const ending = await run(process.execPath, ["-e", code], {
      timeLimit,
      onLine(line) {
        lines.push(line);
        return line === "ready" ? "SIGTERM" : undefined;
      },
    });
    expect(lines).toEqual(["one", "ready"]);
    expect(ending.code).toBe(7);
  });

  it("rejects if the command does not exist", async () => {
    await expect(run("no-such-command", [], { timeLimit })).rejects.toThrow("ENOENT");
  });
});

describe("runWell", () => {
  it("resolves with the output", async () => {
    expect(await runWell(process.execPath, ["-e", 'console.log("out")'], { timeLimit })).toBe("out\n");
  });

  it("throws an error with the whole output if the command failed", async () => {
    const code = 'console.log("out"); console.error("err"); process.exitCode = 3';
    await expect(runWell(process.execPath, ["-e", code], { timeLimit })).rejects.toThrow(/ended with 3\nout\nerr/);
  });
});
