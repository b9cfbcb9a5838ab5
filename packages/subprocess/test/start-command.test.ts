import { createHash } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { CancelScope, ClosedError, InvalidStateError } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { settled } from "@selvage/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Command, ProcessError, startCommand, type StartCommandOptions } from "../src/index.js";
import { alive, errorOf, isAlive, LEAVES_THE_GROUP, Meeting, WatchedClock } from "./processes.js";

let meeting: Meeting;
let clock: WatchedClock;
let scope: CancelScope;

beforeEach(() => {
  meeting = new Meeting();
  clock = new WatchedClock();
  scope = new CancelScope({ clock });
});

afterEach(() => {
  scope.close();
  expect(clock.virtual.pending).toBe(0);
  meeting[Symbol.dispose]();
});

function shell(script: string, args: string[] = [], options?: StartCommandOptions): Command {
  return startCommand(scope, "sh", ["-c", script, "sh", ...args], options);
}

/** Waits until the exit of a child of this process was seen. */
async function exit(pid: number): Promise<void> {
  try {
    for (;;) {
      process.kill(pid, 0);
      await settled();
    }
  } catch {
    await settled();
  }
}

describe("startCommand", () => {
  it("returns while the command runs, with its pid and its three streams", async () => {
    await using command = shell('echo "$$"; cat; echo err >&2');
    command.stdin.end("hello\n");
    expect(await text(command.stdout)).toBe(`${command.pid}\nhello\n`);
    expect(await text(command.stderr)).toBe("err\n");
    expect(await command.wait(scope)).toEqual({ code: 0, signal: undefined, truncated: false });
  });

  it("keeps what the command wrote until it is read, although the command has ended", async () => {
    await using command = shell("echo out; echo err >&2");
    await command.wait(scope);
    await settled();
    expect([await text(command.stdout), await text(command.stderr)]).toEqual(["out\n", "err\n"]);
  });

  it("passes 100 MB through the command and back unchanged, a stream at a time", { timeout: 60_000 }, async () => {
    await using command = startCommand(scope, "cat");
    const [sent, received] = [createHash("sha1"), createHash("sha1")];
    async function write(): Promise<void> {
      for (let i = 0; i < 1_600; i++) {
        const chunk = Buffer.alloc(62_500, i);
        sent.update(chunk);
        if (!command.stdin.write(chunk)) await once(command.stdin, "drain");
      }
      command.stdin.end();
    }
    async function read(): Promise<void> {
      for await (const chunk of command.stdout) {
        received.update(chunk as Buffer);
        expect(command.stdout.readableLength).toBeLessThan(1_000_000);
      }
    }
    await Promise.all([write(), read()]);
    expect(received.digest("hex")).toBe(sent.digest("hex"));
  });

  it("stops a command whose output is not read, and holds little of it (P3)", async () => {
    const { path, report } = meeting.point();
    await using command = shell('echo $$ >"$1"; exec yes', [path]);
    await report;
    await once(command.stdout, "readable");
    await settled();
    expect(command.stdout.readableLength).toBeLessThan(500_000);
  });

  it("lets the command end if its reader leaves, because it can no longer write (P2)", async () => {
    await using command = startCommand(scope, "yes");
    await once(command.stdout, "readable");
    command.stdout.destroy();
    expect(await errorOf(command.wait(scope))).toBeInstanceOf(ProcessError);
  });

  it("does not fail if the command does not read its input (P1)", async () => {
    await using command = startCommand(scope, "true");
    command.stdin.write("x".repeat(10_000_000));
    expect(await command.wait(scope)).toMatchObject({ code: 0 });
  });

  it("takes an input instead of writing to stdin", async () => {
    await using command = startCommand(scope, "cat", [], { input: "given" });
    expect(await text(command.stdout)).toBe("given");
    expect(command.stdin.writable).toBe(false);
  });

  it.each(["inherit", "lines"] as const)("has empty streams with output: %s", async (output) => {
    await using command = startCommand(scope, "true", [], { output });
    expect([await text(command.stdout), await text(command.stderr)]).toEqual(["", ""]);
    await command.wait(scope);
  });
});

describe("command.wait", () => {
  it("rejects with the failure, the same for all callers, at once or later (P2)", async () => {
    await using command = shell("read go; echo reason >&2; exit 3");
    const first = errorOf(command.wait(scope));
    const second = errorOf(command.wait(new AbortController().signal));
    command.stdin.end("go\n");
    const error = await first;
    expect(error).toMatchObject({ message: '"sh" exited with code 3: reason', code: 3 });
    expect([await second, await errorOf(command.wait(scope))]).toEqual([error, error]);
  });

  it("rejects with a ProcessError if the command cannot be started (P4)", async () => {
    await using command = startCommand(scope, "no-such-command");
    command.stdin.write("x");
    expect(command.pid).toBeUndefined();
    expect(await errorOf(command.wait(scope))).toBeInstanceOf(ProcessError);
    expect([await text(command.stdout), await text(command.stderr)]).toEqual(["", ""]);
  });

  it("rejects with a ProcessError if the system refuses the arguments (P4)", async () => {
    await using command = startCommand(scope, "true", ["x".repeat(2 ** 22)]);
    command.stdin.end();
    command.kill();
    expect(await errorOf(command.wait(scope))).toMatchObject({ cause: { code: "E2BIG" } });
    expect(await text(command.stdout)).toBe("");
  });

  it("ends with its own scope, and the command goes on (P1)", async () => {
    await using command = startCommand(scope, "cat");
    const caller = new CancelScope();
    const ended = errorOf(command.wait(caller));
    caller.cancel();
    expect(await ended).toBe(caller.reason);
    expect(await errorOf(command.wait(caller))).toBe(caller.reason);
    caller.close();
    command.stdin.end();
    expect(await command.wait(scope)).toMatchObject({ code: 0 });
  });

  it("is shown in the caller's scope (C3)", async () => {
    await using command = startCommand(scope, "cat");
    using caller = new CancelScope({ name: "caller" });
    const ended = command.wait(caller);
    expect(describeTree(caller)).toBe('scope "caller": live, waits for command "cat"');
    command.stdin.end();
    await ended;
    expect(describeTree(caller)).toBe('scope "caller": live');
  });

  it("waits for the group and the pipes of the command (P1)", async () => {
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    const isDraining = clock.waitsFor(1_000);
    await using command = shell(LEAVES_THE_GROUP, [path, gate.path]);
    const pid = await report;
    const ended = command.wait(scope);
    await gate.open();
    await isDraining;
    await clock.virtual.advance(1_000);
    expect(await ended).toEqual({ code: 0, signal: undefined, truncated: true });
    await expect(text(command.stdout)).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    process.kill(Number(pid), "SIGKILL");
  });

  it.each([undefined, {}, "scope", null])("refuses %o as a scope synchronously", async (wrong) => {
    await using command = startCommand(scope, "true");
    expect(() => void command.wait(wrong as never)).toThrow(TypeError);
    await command.wait(scope);
  });
});

describe("command.kill", () => {
  it("sends the signal of the options to the group, and that end is not a failure (P2)", async () => {
    const { path, report } = meeting.point();
    await using command = shell('sleep 1000 & echo "$$ $!" >"$1"; wait', [path], { signal: "SIGINT" });
    const pids = await report;
    command.kill("SIGHUP");
    expect(await command.wait(scope)).toEqual({ code: undefined, signal: "SIGHUP", truncated: false });
    expect(alive(pids)).toEqual([]);
  });

  it("sends the signal again at each call, and does not end a command that handles it", async () => {
    await using command = shell("trap 'echo hup' HUP; echo ready; while :; do sleep 0.01; done");
    const lines = command.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false });
    const next = async (): Promise<unknown> => (await lines.next()).value;
    expect(await next()).toBe("ready\n");
    command.kill("SIGHUP");
    expect(await next()).toBe("hup\n");
    command.kill("SIGHUP");
    expect(await next()).toBe("hup\n");
  });

  it("does nothing once the command has ended", async () => {
    await using command = startCommand(scope, "true");
    await command.wait(scope);
    const kill = vi.spyOn(process, "kill"); // the id may belong to another process by now
    command.kill("SIGKILL");
    await command[Symbol.asyncDispose]();
    expect(kill).not.toHaveBeenCalled();
    kill.mockRestore();
    expect(await command.wait(scope)).toMatchObject({ code: 0 });
  });

  it("does not hide an end by another signal (P2)", async () => {
    await using command = shell("trap '' HUP; echo ready; exec sleep 1000");
    await once(command.stdout, "data");
    command.kill("SIGHUP");
    process.kill(command.pid!, "SIGKILL");
    expect(await errorOf(command.wait(scope))).toMatchObject({ signal: "SIGKILL" });
  });

  it.each(["TERM", "SIGNOT", 15, null])("refuses %o as a signal", async (signal) => {
    await using command = startCommand(scope, "true");
    expect(() => command.kill(signal as never)).toThrow(/signal/);
    await command.wait(scope);
  });
});

describe("the disposal of a command", () => {
  it("ends its group, and waits for that (P1)", async () => {
    const { path, report } = meeting.point();
    const command = shell('sleep 1000 & echo "$$ $!" >"$1"; wait', [path]);
    const pids = await report;
    await command[Symbol.asyncDispose]();
    expect(alive(pids)).toEqual([]);
    expect(await command.wait(scope)).toMatchObject({ signal: "SIGTERM" });
    await command[Symbol.asyncDispose]();
  });

  it("kills the group after the grace (P1)", async () => {
    const { path, report } = meeting.point();
    const command = shell(`trap '' TERM; echo $$ >"$1"; sleep 1000`, [path], { grace: 70 });
    const pid = await report;
    const ended = command[Symbol.asyncDispose]();
    await clock.virtual.advance(69);
    expect(isAlive(pid)).toBe(true);
    await clock.virtual.advance(1);
    await ended;
    expect(isAlive(pid)).toBe(false);
  });

  it("is not a failure of the command, whatever its exit code then is (P2)", async () => {
    const command = shell("trap 'exit 143' TERM; echo ready; while :; do sleep 0.01; done");
    await once(command.stdout, "data");
    await command[Symbol.asyncDispose]();
    expect(await command.wait(scope)).toMatchObject({ code: 143 });
  });

  it("works in a cancelled scope, and does not throw the cancellation (P1)", async () => {
    const { path, report } = meeting.point();
    const run = new CancelScope();
    const value = await run.run(async (own) => {
      await using _ = startCommand(own, "sh", ["-c", 'echo $$ >"$1"; exec sleep 1000', "sh", path]);
      await report;
      own.cancel();
      return "value";
    });
    expect([value, isAlive(await report)]).toEqual(["value", false]);
  });

  it("rejects once with a failure that no wait has reported (P2)", async () => {
    const command = shell("exit 3");
    await exit(command.pid!);
    expect(await errorOf(command[Symbol.asyncDispose]())).toMatchObject({ code: 3 });
    await command[Symbol.asyncDispose]();

    const absent = startCommand(scope, "no-such-command");
    expect(await errorOf(absent[Symbol.asyncDispose]())).toBeInstanceOf(ProcessError);
  });

  it("does not wait for unread output", async () => {
    const command = startCommand(scope, "yes");
    await once(command.stdout, "readable");
    await command[Symbol.asyncDispose]();
  });
});

describe("the scope of a started command", () => {
  it("nothing is started in a cancelled or closed scope: the call throws (P1)", () => {
    const cancelled = new CancelScope();
    cancelled.cancel();
    const closed = new CancelScope();
    closed.close();
    expect(() => startCommand(cancelled, "true")).toThrow(cancelled.reason!);
    expect(() => startCommand(closed, "true")).toThrow(ClosedError);
    expect(() => startCommand(AbortSignal.abort(), "true")).toThrow(expect.objectContaining({ name: "AbortError" }));
    cancelled.close();
  });

  it("is live until the command has ended (S16)", async () => {
    await using command = startCommand(scope, "cat");
    expect(describeTree(scope)).toBe(`scope: live\n  command "cat": live, holds process ${command.pid}`);
    expect(() => scope.close()).toThrow(InvalidStateError);
    command.stdin.end();
    await command.wait(scope);
    expect(describeTree(scope)).toBe("scope: live");
  });

  it("ends the command when the scope around it is cancelled, and wait rejects with the reason (P1)", async () => {
    const { path, report } = meeting.point();
    const command = shell('echo $$ >"$1"; exec sleep 1000', [path]);
    const pid = await report;
    const caller = new CancelScope();
    const ended = errorOf(command.wait(caller));
    scope.cancel("enough");
    expect(await ended).toBe(scope.reason);
    expect(isAlive(pid)).toBe(false);
    caller.close();
  });

  it("ends the command if the run around it ends first, and that run fails (S16)", async () => {
    let command!: Command;
    const run = new CancelScope().run((own) => {
      command = startCommand(own, "cat");
    });
    expect(await errorOf(run)).toBeInstanceOf(InvalidStateError);
    expect(await errorOf(command.wait(scope))).toMatchObject({ name: "AbortError" });
    expect(isAlive(command.pid!)).toBe(false);
  });

  it("ends the reader's loop with an error when the command is cancelled and a process that left the group holds the pipe (P1)", async () => {
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    const isDraining = clock.waitsFor(1_000);
    const command = shell(`echo before; ${LEAVES_THE_GROUP}`, [path, gate.path]);
    const reading = errorOf(text(command.stdout));
    const pid = await report;
    scope.cancel();
    await isDraining;
    await clock.virtual.advance(1_000);
    expect(await reading).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
    await command[Symbol.asyncDispose]();
    process.kill(Number(pid), "SIGKILL");
  });
});
