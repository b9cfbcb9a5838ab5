import { spawn } from "node:child_process";
import { CancelScope, type Clock, InvalidStateError } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { settled } from "@selvage/testing";
import { runProgram } from "@selvage/test-support/run-program";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Output, runCommand, type RunCommandOptions, startCommand } from "../src/index.js";
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

function shell(script: string, args: string[] = [], options?: RunCommandOptions): Promise<Output> {
  return runCommand(scope, "sh", ["-c", script, "sh", ...args], options);
}

describe("the processes that a command leaves behind", () => {
  it("are ended before the call resolves, if they are in its group (P1)", async () => {
    const { stdout, truncated } = await shell("sleep 1000 & echo $!");
    expect([isAlive(stdout), truncated]).toEqual([false, false]);
  });

  it("are ended before the call rejects (P1, P2)", async () => {
    const { path, report } = meeting.point();
    const error = await errorOf(shell('sleep 1000 & echo $! >"$1"; exit 3', [path]));
    expect([isAlive(await report), error]).toMatchObject([false, { code: 3 }]);
  });

  it("are ended before the call rejects, if a signal from elsewhere killed the command (P1, P2)", async () => {
    const { path, report } = meeting.point();
    const ended = errorOf(shell('sleep 1000 & echo "$$ $!" >"$1"; wait', [path]));
    const [command, other] = (await report).split(" ");
    process.kill(Number(command), "SIGKILL");
    expect([await ended, isAlive(other!)]).toMatchObject([{ signal: "SIGKILL" }, false]);
  });

  it("are killed after the grace if they ignore the signal (P1)", async () => {
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    const isEnding = clock.waitsFor(70);
    const script = `(trap '' TERM; sh -c 'echo $PPID >"$0"' "$1"; exec sleep 1000) & read go <"$2"`;
    const ended = shell(script, [path, gate.path], { grace: 70 });
    const pid = await report;
    await gate.open();
    await isEnding;
    await clock.virtual.advance(69);
    expect(isAlive(pid)).toBe(true);
    await clock.virtual.advance(1);
    expect([(await ended).truncated, isAlive(pid)]).toEqual([false, false]);
  });

  it("have one second to close the output, which is then truncated, if they left the group (P1)", async () => {
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    const isDraining = clock.waitsFor(1_000);
    const ended = shell(`echo before; ${LEAVES_THE_GROUP}`, [path, gate.path]);
    const pid = await report;
    await gate.open();
    await isDraining;
    await clock.virtual.advance(999);
    expect(clock.virtual.pending).toBe(1);
    await clock.virtual.advance(1);
    expect(await ended).toMatchObject({ stdout: "before\n", truncated: true });
    expect(isAlive(pid)).toBe(true);
    process.kill(Number(pid), "SIGKILL");
  });

  it("do not truncate the output if they close it within the second (P1)", async () => {
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    const last = meeting.gate();
    const isDraining = clock.waitsFor(1_000);
    const script = `setsid sh -c 'echo $$ >"$0"; read go <"$1"; echo after' "$1" "$3" & read go <"$2"; echo before`;
    const ended = shell(script, [path, gate.path, last.path]);
    await report;
    await gate.open();
    await isDraining;
    await last.open();
    expect(await ended).toMatchObject({ stdout: "before\nafter\n", truncated: false });
  });

  it("do not truncate what was written in time, although this process was too busy to read it (P1)", async () => {
    // A clock on which the second has always passed.
    const hasty: Clock = { now: () => 0, setTimer: (callback) => queueMicrotask(callback), clearTimer: () => {} };
    const own = new CancelScope({ clock: hasty });
    for (let round = 0; round < 20; round++) {
      const { bytes, truncated } = await runCommand(own, "sh", ["-c", "head -c 100000 /dev/zero; sleep 1000 &"]);
      expect([bytes.length, truncated]).toEqual([100_000, false]);
    }
    own.close();
  });

  it("do not delay the call if they left the group and do not hold the output (P1)", async () => {
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    const ended = shell(`setsid sh -c 'echo $$ >"$0"; exec sleep 1000' "$1" >&- 2>&- & read go <"$2"`, [
      path,
      gate.path,
    ]);
    const pid = await report;
    await gate.open();
    expect(await ended).toMatchObject({ truncated: false });
    process.kill(Number(pid), "SIGKILL");
  });

  it("are not waited for once they are zombies, which their parent may never reap (P1)", async () => {
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    // The inner shell starts a process in the group, and becomes a process outside the group that does not reap.
    const outside = `exec setsid sh -c 'echo $$ >"$0"; exec sleep 1000' "$1" >/dev/null 2>&1`;
    const ended = shell(`(sleep 1000 >/dev/null 2>&1 & ${outside}) & read go <"$2"`, [path, gate.path]);
    const pid = await report;
    await gate.open();
    expect(await ended).toMatchObject({ code: 0, truncated: false });
    process.kill(Number(pid), "SIGKILL");
  });

  it("delay a cancelled call by one second at most, if they left the group (P1)", async () => {
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    const isDraining = clock.waitsFor(1_000);
    const ended = errorOf(shell(LEAVES_THE_GROUP, [path, gate.path]));
    const pid = await report;
    scope.cancel();
    await isDraining;
    await clock.virtual.advance(1_000);
    expect(await ended).toBe(scope.reason);
    process.kill(Number(pid), "SIGKILL");
  });
});

describe("the group of a command", () => {
  const GROUP = 'echo "$$ $(ps -o pgid= -p $$)"';

  it("is its own, so that the signals of a terminal do not reach it (P1)", async () => {
    const [pid, group] = (await shell(GROUP)).stdout.trim().split(/ +/);
    expect(group).toBe(pid);
  });

  it("is that of this process with input: inherit (P1)", async () => {
    const own = (await shell(`ps -o pgid= -p ${process.pid}`)).stdout.trim();
    const [pid, group] = (await shell(GROUP, [], { input: "inherit" })).stdout.trim().split(/ +/);
    expect([group, group === pid]).toEqual([own, false]);
  });

  it("does not get the signal with input: inherit: that goes to the command alone (P1)", async () => {
    const { path, report } = meeting.point();
    const options = { input: "inherit", output: "inherit" } as const;
    const ended = errorOf(shell('sleep 1000 & echo "$$ $!" >"$1"; wait', [path], options));
    const [command, other] = (await report).split(" ");
    scope.cancel();
    expect(await ended).toBe(scope.reason);
    expect([isAlive(command!), isAlive(other!)]).toEqual([false, true]);
    process.kill(Number(other), "SIGKILL");
  });

  it("is not waited for with input: inherit, but a command that ignores the signal is killed after the grace (P1)", async () => {
    const { path, report } = meeting.point();
    const options = { input: "inherit", output: "inherit" } as const;
    const ended = errorOf(shell(`trap '' TERM; echo $$ >"$1"; while :; do sleep 0.01; done`, [path], options));
    const pid = await report;
    scope.cancel();
    await clock.virtual.advance(4_999);
    expect(isAlive(pid)).toBe(true);
    await clock.virtual.advance(1);
    expect([await ended, isAlive(pid)]).toEqual([scope.reason, false]);
  });

  it("is killed if the program exits while the command runs (P1)", async () => {
    const end = await runProgram(new URL("programs/exits.ts", import.meta.url));
    expect(end).toMatchObject({ code: 7, stderr: "" });
    const pids = end.stdout.trim();
    expect(pids.split(" ").length).toBe(3);
    while (alive(pids).length > 0) await settled(); // the program does not wait for their end
  });
});

describe("the scope of a command", () => {
  it("is live until the command has ended, so that the scope around it cannot close (S16)", async () => {
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    const running = shell('echo $$ >"$1"; read go <"$2"', [path, gate.path]);
    const pid = await report;
    expect(describeTree(scope)).toBe(`scope: live\n  command "sh": live, holds process ${pid}`);
    expect(() => scope.close()).toThrow(InvalidStateError);
    await gate.open();
    await running;
    expect(describeTree(scope)).toBe("scope: live");
  });

  it("is shown as cancelled while the command has its grace (C3)", async () => {
    const { path, report } = meeting.point();
    const ended = errorOf(shell(`trap '' TERM; echo $$ >"$1"; exec sleep 1000`, [path]));
    const pid = await report;
    scope.cancel();
    expect(describeTree(scope)).toBe(`scope: cancelled\n  command "sh": cancelled, holds process ${pid}`);
    await clock.virtual.advance(5_000);
    await ended;
  });

  it("ends the command if the run around it ends first, and that run fails (S16)", async () => {
    const { path, report } = meeting.point();
    let ended!: Promise<unknown>;
    const run = new CancelScope({ clock }).run(async (own) => {
      ended = errorOf(runCommand(own, "sh", ["-c", 'echo $$ >"$1"; exec sleep 1000', "sh", path]));
      return report;
    });
    expect(await errorOf(run)).toBeInstanceOf(InvalidStateError);
    expect(await ended).toMatchObject({ name: "AbortError" });
    expect(isAlive(await report)).toBe(false);
  });
});

describe("a clock that throws", () => {
  it("starts nothing if it throws when the deadline is checked (C1)", async () => {
    const clock = failing();
    const own = new CancelScope({ clock, deadline: 10 });
    clock.fails = true;
    expect(() => void runCommand(own, "true")).toThrow("clock");
    clock.fails = false;
    own.close();
  });

  it("makes startCommand throw, and leaves no scope open (C1)", () => {
    const clock = failing();
    const parent = new CancelScope();
    const own = new CancelScope({ parent, clock, deadline: 10 });
    clock.fails = true;
    expect(() => startCommand(own, "true")).toThrow("clock");
    clock.fails = false;
    own.close();
    parent.close();
  });

  it("kills the command at once if it throws when the grace begins (C1, P1)", async () => {
    const clock = failing();
    const own = new CancelScope({ clock });
    const { path, report } = meeting.point();
    const ended = errorOf(runCommand(own, "sh", ["-c", `trap '' TERM; echo $$ >"$1"; sleep 1000`, "sh", path]));
    const pid = await report;
    clock.fails = true;
    own.cancel();
    expect([await ended, isAlive(pid)]).toEqual([own.reason, false]);
    clock.fails = false;
    own.close();
  });

  it("destroys the pipes at once if it throws when their second begins (C1, P1)", async () => {
    const clock = failing();
    const own = new CancelScope({ clock });
    const { path, report } = meeting.point();
    const gate = meeting.gate();
    const ended = runCommand(own, "sh", ["-c", LEAVES_THE_GROUP, "sh", path, gate.path]);
    const pid = await report;
    clock.fails = true;
    await gate.open();
    expect(await ended).toMatchObject({ truncated: true });
    process.kill(Number(pid), "SIGKILL");
    own.close();
  });

  function failing(): Clock & { fails: boolean } {
    const check = (): number => {
      if (clock.fails) throw new Error("clock");
      return 0;
    };
    const clock = { fails: false, now: check, setTimer: check, clearTimer: check };
    return clock;
  }
});

it("a command that another process of its group has killed is one that failed (P2)", async () => {
  const { path, report } = meeting.point();
  const ended = errorOf(shell('echo $$ >"$1"; exec sleep 1000', [path]));
  spawn("kill", ["-KILL", await report]);
  expect(await ended).toMatchObject({ signal: "SIGKILL" });
});
