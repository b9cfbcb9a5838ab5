import { describe, expect, it } from "vitest";
import { run, runWell } from "../src/command.js";

const timeLimit = 60_000;

describe("run", () => {
  it("tells how the command ended, and what it printed", async () => {
    const code = 'console.log("out"); console.error("err"); process.exitCode = 3';
    expect(await run(process.execPath, ["-e", code], { timeLimit })).toEqual({
      code: 3,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
      timedOut: false,
    });
  });

  it("kills what takes too long", async () => {
    const ending = await run(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { timeLimit: 1 });
    expect(ending).toMatchObject({ code: null, signal: "SIGKILL", timedOut: true });
  });

  it("hands over each line as it comes, and sends the signal asked for", async () => {
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

  it("rejects where there is no such command", async () => {
    await expect(run("no-such-command", [], { timeLimit })).rejects.toThrow("ENOENT");
  });
});

describe("runWell", () => {
  it("resolves with what was printed", async () => {
    expect(await runWell(process.execPath, ["-e", 'console.log("out")'], { timeLimit })).toBe("out\n");
  });

  it("throws with all that was printed where the command failed", async () => {
    const code = 'console.log("out"); console.error("err"); process.exitCode = 3';
    await expect(runWell(process.execPath, ["-e", code], { timeLimit })).rejects.toThrow(/ended with 3\nout\nerr/);
  });
});
