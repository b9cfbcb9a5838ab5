/** What becomes of an input that is not read, of a `stdin` that nobody may write to, and of a wait that nobody awaits. */
import { Readable } from "node:stream";
import { once } from "node:events";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { describe, expect, it } from "vitest";
import { CancelScope, ProcessError, runCommand, startCommand } from "../src/index.js";

const endless = (): Readable => new Readable({ read() {} });
const tooLong = "x".repeat(2 ** 18); // E2BIG

describe("an input stream is destroyed if its command is not started", () => {
  it("because it does not exist, or the system refuses it (P4)", async () => {
    using scope = new CancelScope();
    for (const [command, args] of [
      ["no-such-command", []],
      ["true", [tooLong]],
    ] as const) {
      const input = endless();
      await expect(runCommand(scope, command, args, { input })).rejects.toThrow(ProcessError);
      expect(input.destroyed).toBe(true);
    }
  });

  it("because the scope is cancelled or closed (P1)", async () => {
    for (const end of ["cancel", "close"] as const) {
      const scope = new CancelScope();
      scope[end]();
      const [one, other] = [endless(), endless()];
      await expect(runCommand(scope, "cat", [], { input: one })).rejects.toThrow();
      expect(() => startCommand(scope, "cat", [], { input: other })).toThrow();
      expect([one.destroyed, other.destroyed]).toEqual([true, true]);
    }
  });
});

it("the stdin of a command with an input has ended, and nothing can be mixed into the input (P4)", async () => {
  using scope = new CancelScope();
  await using command = startCommand(scope, "cat", [], { input: Readable.from(["from the input"]) });
  expect(command.stdin.writableEnded).toBe(true);
  const uncaught = await uncaughtDuring(async () => {
    command.stdin.write("mixed in");
    let text = "";
    for await (const chunk of command.stdout.setEncoding("utf8")) text += String(chunk);
    expect(text).toBe("from the input");
  });
  expect(uncaught).toEqual([]);
});

it("a wait that nobody awaits is not an unhandled rejection if the command was cancelled (P1)", async () => {
  const scope = new CancelScope();
  using waiting = new CancelScope();
  const uncaught = await uncaughtDuring(async () => {
    const command = startCommand(scope, "sh", ["-c", "echo ready; exec sleep 1000"]);
    await once(command.stdout, "data");
    void command.wait(waiting);
    scope.cancel();
    await command[Symbol.asyncDispose]();
  });
  expect(uncaught).toEqual([]);
  scope.close();
});

it("a variable of any name is passed on", async () => {
  using scope = new CancelScope();
  const env = JSON.parse('{"__proto__": "x", "B": "2"}') as Record<string, string>;
  const { stdout } = await runCommand(scope, "/usr/bin/env", [], { env });
  expect(stdout.trim().split("\n").sort()).toEqual(["B=2", "__proto__=x"]);
});

it("a command line in place of a command says that there is no shell (P4)", async () => {
  using scope = new CancelScope();
  await expect(runCommand(scope, "ls -la")).rejects.toThrow("there is no shell: pass the arguments as an array");
});
