import { getEventListeners } from "node:events";
import { readFileSync, existsSync } from "node:fs";
import { CancelScope, ClosedError } from "@selvage/scope";
import { observe } from "@selvage/scope/lowlevel";
import { settled } from "@selvage/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CancelledError, runCommand } from "../src/index.js";
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

/** Runs a shell script, in which `$1` is a pipe to report to and `$2` another argument. */
function shell(script: string, path: string, options?: Parameters<typeof runCommand>[3], other = ""): Promise<unknown> {
  return runCommand(scope, "sh", ["-c", script, "sh", path, other], options);
}

describe("a command whose scope is cancelled", () => {
  it("gets the signal with its whole group, and the call rejects when all have ended (P1)", async () => {
    const { path, report } = meeting.point();
    const ended = errorOf(
      shell('sleep 1000 & (sleep 1000 & echo "$$ $! $(sh -c "echo \\$PPID")" >"$1"; wait); wait', path),
    );
    const pids = await report;
    expect(alive(pids)).toEqual(pids.split(" "));
    scope.cancel("enough");
    expect(await ended).toBe(scope.reason);
    expect(alive(pids)).toEqual([]);
  });

  it("rejects with the CancelledError of the scope that was cancelled, and no signal of ours is a ProcessError (P1, P2)", async () => {
    using inner = new CancelScope({ parent: scope, name: "inner" });
    const ended = errorOf(runCommand(inner, "sleep", ["1000"]));
    scope.cancel("enough");
    const error = (await ended) as CancelledError;
    expect(error).toBe(scope.reason);
    expect(error.scope).toBe(scope);
  });

  it("has the grace for its cleanup, and the call rejects after that (P1)", async () => {
    const { path, report } = meeting.point();
    const file = meeting.file("cleaned");
    const script = `trap 'echo cleaned >"$2"; exit 0' TERM; echo ready >"$1"; while :; do sleep 0.01; done`;
    const ended = errorOf(shell(script, path, {}, file));
    await report;
    scope.cancel();
    expect(await ended).toBe(scope.reason);
    expect(readFileSync(file, "utf8")).toBe("cleaned\n");
  });

  it("lets the rest of its group use the grace, although the command itself ends at once (P1)", async () => {
    const { path, report } = meeting.point();
    const file = meeting.file("cleaned");
    const script = `(trap 'sleep 0.05; echo cleaned >"$2"; exit 0' TERM; echo ready >"$1"; while :; do sleep 0.01; done) & wait`;
    const ended = errorOf(shell(script, path, {}, file));
    await report;
    scope.cancel();
    await ended;
    expect(readFileSync(file, "utf8")).toBe("cleaned\n");
  });

  it("is killed with its group after the grace, not before, if it ignores the signal (P1)", async () => {
    const { path, report } = meeting.point();
    const ended = errorOf(shell(`trap '' TERM; sleep 1000 & echo "$$ $!" >"$1"; wait`, path));
    const pids = await report;
    scope.cancel();
    await clock.virtual.advance(4_999);
    expect(alive(pids)).toEqual(pids.split(" "));
    await clock.virtual.advance(1);
    expect(await ended).toBe(scope.reason);
    expect(alive(pids)).toEqual([]);
  });

  it("is killed after the grace if only a part of its group ignores the signal (P1)", async () => {
    const { path, report } = meeting.point();
    const ended = errorOf(shell(`(trap '' TERM; echo ready >"$1"; exec sleep 1000) & wait`, path, { grace: 70 }));
    await report;
    scope.cancel();
    await clock.virtual.advance(70);
    expect(await ended).toBe(scope.reason);
  });

  it("is killed at once with a grace of 0 (P1)", async () => {
    const { path, report } = meeting.point();
    const ended = errorOf(shell(`trap '' TERM; echo $$ >"$1"; sleep 1000`, path, { grace: 0 }));
    const pid = await report;
    scope.cancel();
    expect(await ended).toBe(scope.reason);
    expect(isAlive(pid)).toBe(false);
  });

  it("is never killed with a grace of Infinity, and is waited for (P1)", async () => {
    const { path, report } = meeting.point();
    const ended = errorOf(shell(`trap '' TERM; echo $$ >"$1"; exec sleep 1000`, path, { grace: Infinity }));
    const pid = await report;
    scope.cancel();
    await clock.virtual.advance(1e12);
    expect(isAlive(pid)).toBe(true);
    process.kill(Number(pid), "SIGKILL");
    expect(await ended).toBe(scope.reason);
  });

  it("gets the signal of the options (P1)", async () => {
    const { path, report } = meeting.point();
    const file = meeting.file("signal");
    const script = `trap '' TERM; trap 'echo int >"$2"; exit 1' INT; echo ready >"$1"; while :; do sleep 0.01; done`;
    const ended = errorOf(shell(script, path, { signal: "SIGINT" }, file));
    await report;
    scope.cancel();
    expect(await ended).toBe(scope.reason);
    expect(readFileSync(file, "utf8")).toBe("int\n");
  });

  it.each([0, 3])("rejects with the CancelledError although it exits with code %d (P1)", async (code) => {
    const { path, report } = meeting.point();
    const ended = errorOf(shell(`trap 'exit ${code}' TERM; echo ready >"$1"; while :; do sleep 0.01; done`, path));
    await report;
    scope.cancel();
    expect(await ended).toBe(scope.reason);
  });

  it("is ended if it stands still (P1)", async () => {
    const { path, report } = meeting.point();
    const ended = errorOf(shell(`echo $$ >"$1"; exec sleep 1000`, path));
    const pid = await report;
    process.kill(Number(pid), "SIGSTOP");
    scope.cancel();
    await clock.virtual.advance(5_000);
    expect(await ended).toBe(scope.reason);
  });

  it("has the same outcome if an outer scope is cancelled during the grace (P1, S7)", async () => {
    const { path, report } = meeting.point();
    const outer = new CancelScope({ clock });
    const inner = new CancelScope({ parent: outer });
    const script = `trap '' TERM; echo $$ >"$1"; sleep 1000`;
    const ended = errorOf(runCommand(inner, "sh", ["-c", script, "sh", path]));
    await report;
    inner.cancel("first");
    await clock.virtual.advance(100);
    outer.cancel("second");
    await clock.virtual.advance(4_900);
    expect(await ended).toBe(inner.reason);
    inner.close();
    outer.close();
  });

  it("is ended by a deadline, and the scope absorbs it (P1, S14)", async () => {
    const { path, report } = meeting.point();
    const own = new CancelScope({ clock, deadline: 100 });
    const run = own.run((scope) => runCommand(scope, "sh", ["-c", 'echo $$ >"$1"; exec sleep 1000', "sh", path]));
    const pid = await report;
    await clock.virtual.advance(100);
    expect(await run).toBeUndefined();
    expect([own.cancelledCaught, isAlive(pid)]).toEqual([true, false]);
  });

  it("is ended by an AbortSignal, whose listener is removed (P1, S8)", async () => {
    const { path, report } = meeting.point();
    const controller = new AbortController();
    const ended = errorOf(runCommand(controller.signal, "sh", ["-c", 'echo $$ >"$1"; exec sleep 1000', "sh", path]));
    const pid = await report;
    controller.abort("enough");
    expect(await ended).toMatchObject({ name: "AbortError", cause: "enough" });
    expect([isAlive(pid), getEventListeners(controller.signal, "abort").length]).toEqual([false, 0]);
  });
});

describe("the time of the cancellation", () => {
  it("nothing is started in a scope that is cancelled or closed, or whose signal is aborted (P1)", async () => {
    const file = meeting.file("started");
    const cancelled = new CancelScope();
    cancelled.cancel();
    const closed = new CancelScope();
    closed.close();
    expect(await errorOf(runCommand(cancelled, "touch", [file]))).toBe(cancelled.reason);
    expect(await errorOf(runCommand(closed, "touch", [file]))).toBeInstanceOf(ClosedError);
    expect(await errorOf(runCommand(AbortSignal.abort(), "touch", [file]))).toMatchObject({ name: "AbortError" });
    void runCommand(cancelled, "touch", [file]); // the rejection is never unhandled
    await settled();
    expect(existsSync(file)).toBe(false);
    cancelled.close();
  });

  it("nothing is started if an observer cancels the scope as it opens (P1)", async () => {
    const file = meeting.file("started");
    using _ = observe({
      opened: () => {
        scope.cancel("at once");
      },
    });
    expect(await errorOf(runCommand(scope, "touch", [file]))).toBe(scope.reason);
    expect(existsSync(file)).toBe(false);
  });

  it("a cancellation in the step of the start ends the command (P1)", async () => {
    const ended = errorOf(runCommand(scope, "sleep", ["1000"]));
    scope.cancel();
    expect(await ended).toBe(scope.reason);
  });

  it("a cancellation in the step of a failed start wins over the failure (P1, P4)", async () => {
    const ended = errorOf(runCommand(scope, "no-such-command"));
    scope.cancel();
    expect(await ended).toBe(scope.reason);
  });

  it.each<[string, string, object]>([
    ["output", "echo done", { code: 0, stdout: "done\n", truncated: true }],
    ["failure", "exit 3", { name: "ProcessError", code: 3 }],
  ])(
    "a cancellation after the exit keeps the %s, and does not lengthen the wait (P1, P2, S14)",
    async (_, end, expected) => {
      const { path, report } = meeting.point();
      const gate = meeting.gate();
      const draining = clock.waitsFor(1_000);
      const ended = shell(LEAVES_THE_GROUP + end, path, {}, gate.path).catch((error: unknown) => error);
      const pid = await report;
      await gate.open();
      await draining;
      scope.cancel();
      await clock.virtual.advance(1_000);
      expect(await ended).toMatchObject(expected);
      process.kill(Number(pid), "SIGKILL");
    },
  );

  it("a deadline that has passed unnoticed when the command exits wins (P1, S9)", async () => {
    const late = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    let time = 0;
    const own = new CancelScope({ clock: late, deadline: 10 });
    const gate = meeting.gate();
    const run = own.run((scope) => runCommand(scope, "sh", ["-c", 'read go <"$1"', "sh", gate.path]));
    time = 20;
    await gate.open();
    expect(await run).toBeUndefined();
    expect(own.cancelledCaught).toBe(true);
  });
});
