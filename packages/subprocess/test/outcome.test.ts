import { chmodSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { expectTypeOf } from "expect-type";
import { CancelScope } from "@selvage/scope";
import { hasBrand } from "@selvage/scope/internal";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Output, ProcessError, runCommand } from "../src/index.js";
import { errorOf, Meeting } from "./processes.js";

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

function shell(script: string): Promise<Output> {
  return runCommand(scope, "sh", ["-c", script]);
}

describe("a command that exits with 0", () => {
  it("resolves with what it wrote to each of its outputs (P2)", async () => {
    const output = await shell("echo out; echo err >&2");
    expectTypeOf(output).toEqualTypeOf<Output>();
    expect(output).toMatchObject({ stdout: "out\n", stderr: "err\n", code: 0, truncated: false });
  });

  it("gets its arguments as they are, without a shell", async () => {
    const args = ["a b", "$HOME", "", "*", "'", '"', "\n", "é"];
    expect((await runCommand(scope, "printf", ["[%s]", ...args])).stdout).toBe(args.map((arg) => `[${arg}]`).join(""));
  });

  it("has no input unless one is given", async () => {
    expect((await runCommand(scope, "cat")).stdout).toBe("");
  });

  it("runs in the folder cwd, a path or a URL", async () => {
    for (const cwd of [meeting.folder, pathToFileURL(meeting.folder)]) {
      expect((await runCommand(scope, "pwd", [], { cwd })).stdout).toBe(`${meeting.folder}\n`);
    }
  });

  it("has the environment of this process, or the one that is given, without undefined variables", async () => {
    process.env["SELVAGE_TEST"] = "inherited";
    expect((await shell('echo "$SELVAGE_TEST"')).stdout).toBe("inherited\n");
    delete process.env["SELVAGE_TEST"];
    const env = { PATH: process.env["PATH"], OWN: "own", ABSENT: undefined };
    const { stdout } = await runCommand(scope, "sh", ["-c", 'echo "$OWN ${ABSENT-absent} ${HOME-absent}"'], { env });
    expect(stdout).toBe("own absent absent\n");
  });

  it("keeps the bytes that it wrote, which need not be UTF-8 (P3)", async () => {
    const output = await runCommand(scope, "printf", ["\\303\\050\\000\\377"]);
    expect([...output.bytes]).toEqual([0xc3, 0x28, 0x00, 0xff]);
    expect(output.stdout).toBe("\ufffd(\0\ufffd");
  });

  it("keeps a character that arrives in two pieces (P3)", async () => {
    const gate = meeting.gate();
    const script = `printf '\\303'; read go <"$1"; printf '\\251'`;
    const running = runCommand(scope, "sh", ["-c", script, "sh", gate.path]);
    await gate.open();
    expect((await running).stdout).toBe("é");
  });
});

describe("a command that fails", () => {
  it.each([1, 3, 127, 255])("rejects with a ProcessError if it exits with %d (P2)", async (code) => {
    const error = await errorOf(shell(`echo reason >&2; exit ${code}`));
    expect(error).toBeInstanceOf(ProcessError);
    expect(error).toMatchObject({
      name: "ProcessError",
      message: `"sh" exited with code ${code}: reason`,
      code,
      signal: undefined,
      stderr: "reason\n",
      command: ["sh", "-c", `echo reason >&2; exit ${code}`],
    });
  });

  it.each(["SIGKILL", "SIGTERM", "SIGSEGV"])(
    "rejects with a ProcessError if %s from elsewhere ends it (P2)",
    async (signal) => {
      const error = await errorOf(shell(`kill -${signal.slice(3)} $$`));
      expect(error).toMatchObject({ message: `"sh" was ended by ${signal}`, code: undefined, signal, stderr: "" });
    },
  );

  it("has the last 4 kB of its standard error, in whole characters (P2)", async () => {
    const script = 'process.stderr.write("x".repeat(100_000) + "é".repeat(3_000) + "z", () => process.exit(2))';
    const error = (await errorOf(runCommand(scope, process.execPath, ["-e", script]))) as ProcessError;
    expect(error.stderr).toBe(`${"é".repeat(2_047)}z`);
  });

  it("has the last line in its message, shortened and escaped, and not the arguments (P2)", async () => {
    const error = (await errorOf(shell(`printf '\\033[31m%0500d' 0 >&2; exit 1`))) as ProcessError;
    expect(error.message).toBe(`"sh" exited with code 1: \\x1b[31m${"0".repeat(191)}…`);
  });

  it("is recognised across copies of the package by its brand (D2)", async () => {
    expect(hasBrand(await errorOf(shell("exit 1")), "@selvage/subprocess/ProcessError")).toBe(true);
  });

  it.each([
    ["exits", ["sh", ["-c", "exit 1"]]],
    ["cannot be started", ["no-such-command"]],
    ["writes too much", ["echo", ["text"], { maxBuffer: 1 }]],
  ] as [string, [string, string[], object]][])(
    "has a stack that leads to the caller if it %s (E8)",
    async (_, args) => {
      async function deploy(): Promise<void> {
        await runCommand(scope, ...args);
      }
      expect(((await errorOf(deploy())) as ProcessError).stack).toMatch(/at (async )?deploy .*outcome\.test\.ts/);
    },
  );
});

describe("a command that cannot be started", () => {
  it("rejects with a ProcessError if it does not exist (P4)", async () => {
    const error = await errorOf(runCommand(scope, "no-such-command", ["x"]));
    expect(error).toBeInstanceOf(ProcessError);
    expect(error).toMatchObject({
      message: '"no-such-command" could not be started: spawn no-such-command ENOENT',
      code: undefined,
      signal: undefined,
      stderr: "",
      command: ["no-such-command", "x"],
      cause: { code: "ENOENT" },
    });
  });

  it("rejects with a ProcessError if it may not be executed (P4)", async () => {
    const file = meeting.file("not-executable");
    writeFileSync(file, "#!/bin/sh\n");
    chmodSync(file, 0o644);
    expect(await errorOf(runCommand(scope, file))).toMatchObject({ name: "ProcessError", cause: { code: "EACCES" } });
  });

  it("rejects with a ProcessError that names the folder if that does not exist, or is not a folder (P4)", async () => {
    const file = meeting.file("file");
    writeFileSync(file, "");
    for (const [cwd, code] of [
      [meeting.file("absent"), "ENOENT"],
      [file, "ENOTDIR"],
    ] as const) {
      const error = await errorOf(runCommand(scope, "true", [], { cwd }));
      expect(error).toMatchObject({
        message: expect.stringContaining(`"true" could not be started in "${cwd}": spawn `) as string,
        cause: { code },
      });
    }
  });

  it("rejects with a ProcessError if its arguments are too long for the system (P4)", async () => {
    const error = await errorOf(runCommand(scope, "true", ["x".repeat(2 ** 22)]));
    expect(error).toMatchObject({ name: "ProcessError", cause: { code: "E2BIG" } });
  });

  it("rejects with a ProcessError although it has an input (P4)", async () => {
    expect(await errorOf(runCommand(scope, "no-such-command", [], { input: "text" }))).toBeInstanceOf(ProcessError);
  });

  it("rejects with a ProcessError if no file descriptor is left (P4)", async () => {
    const { runProgram } = await import("@selvage/test-support/run-program");
    const end = await runProgram(new URL("programs/no-descriptors.ts", import.meta.url));
    expect(end).toEqual({ code: 0, stdout: "ProcessError EMFILE\nProcessError EMFILE\n", stderr: "" });
  });
});
