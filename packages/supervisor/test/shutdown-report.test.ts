import { CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import { type ShutdownReport, Supervisor } from "../src/index.js";

const quiet = { onError: (): void => {} };
const nothing: ShutdownReport = { completed: 0, failed: 0, cancelled: 0, abandoned: [], elapsed: 0 };
const never = (): Promise<never> => new Promise(() => {});

describe("a shutdown with a timeout", () => {
  it("a shutdown with a timeout names what is left, cancels it, and no longer waits for it (V4, V5)", async () => {
    const clock = new VirtualClock();
    using parent = new CancelScope({ clock });
    const supervisor = new Supervisor({ parent });
    const stubborn = supervisor.createTask(never, { name: "stubborn" });
    supervisor.createTask(never, { name: "stubborn too" });
    supervisor.createTask((scope) => scope.sleep(10));
    const shutdown = supervisor.shutdown({ grace: 20, timeout: 50 });
    const joined = supervisor.join();
    await clock.advance(50);
    expect(await shutdown).toEqual({
      ...nothing,
      completed: 1,
      abandoned: ["stubborn", "stubborn too"],
      elapsed: 50,
    });
    expect(await joined).toBeUndefined();
    expect([stubborn.status, stubborn.scope.cancelled]).toEqual(["pending", true]);
    expect([supervisor.size, [...supervisor.tasks].length]).toEqual([0, 0]);
    expect(describeTree(parent)).not.toContain("stubborn");
    expect(clock.pending).toBe(0);
  });

  it("a report escapes the names of what is left, and truncates long ones (E7)", async () => {
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(never, { name: "a\n\x1b[2J\u202e" });
    supervisor.createTask(never, { name: "x".repeat(1_000) });
    const { abandoned } = await supervisor.shutdown({ timeout: 0 });
    expect(abandoned).toEqual(["a\\n\\x1b[2J\\u202e", `${"x".repeat(99)}…`]);
  });

  it("an abandoned task reports its later failure to onError, and changes no report (V2, V4)", async () => {
    const clock = new VirtualClock();
    const reported: unknown[] = [];
    const supervisor = new Supervisor({ clock, onError: (error, task) => reported.push(task.name, error) });
    let failLate: (error: unknown) => void = () => {};
    const task = supervisor.createTask(() => new Promise((_, reject) => (failLate = reject)), { name: "late" });
    const completesLate = supervisor.createTask(() => settled().then(() => "late value"));
    const report = await supervisor.shutdown({ timeout: 0 });
    expect(report.abandoned).toHaveLength(2);
    failLate("too late");
    await expect(task).rejects.toBe("too late");
    expect(await completesLate).toBe("late value");
    expect(reported).toEqual(["late", "too late"]);
    expect(report).toEqual(await supervisor.shutdown());
    expect(report).toMatchObject({ completed: 0, failed: 0, cancelled: 0 });
    expect(supervisor.stats()).toEqual({
      running: 0,
      queued: 0,
      restarting: 0,
      completed: 1,
      failed: 1,
      cancelled: 0,
      restarts: 0,
    });
  });

  it("a timeout of 0 abandons all tasks at once, although they end right after the cancellation (V4)", async () => {
    const supervisor = new Supervisor({ clock: new VirtualClock(), limit: 1 });
    const running = supervisor.createTask((scope) => scope.sleep(Infinity), { name: "running" });
    const waiting = supervisor.createTask(() => {}, { name: "waiting its turn" });
    const report = await supervisor.shutdown({ timeout: 0 });
    expect(report).toEqual({ ...nothing, abandoned: ["running", "waiting its turn"] });
    await settled();
    expect([running.status, waiting.status]).toEqual(["cancelled", "cancelled"]);
    expect(supervisor.stats()).toMatchObject({ running: 0, queued: 0, cancelled: 2 });
  });

  it("a timeout shorter than the grace ends the grace (V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const task = supervisor.createTask((scope) => scope.sleep(80), { name: "needs 80" });
    const report = await supervisor.shutdown({ grace: 100, timeout: 30 });
    expect(report).toEqual({ ...nothing, abandoned: ["needs 80"], elapsed: 30 });
    expect(task.scope.cancelled).toBe(true);
    await expect(task).rejects.toBe(supervisor.scope.reason);
  });

  it("a timeout leaves no timer if the tasks end in time (V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    supervisor.createTask((scope) => scope.sleep(10));
    expect(await supervisor.shutdown({ grace: 20, timeout: 30 })).toEqual({ ...nothing, completed: 1, elapsed: 10 });
    expect(clock.pending).toBe(0);
  });

  it("a report does not name a task that was already ending when the timeout was noticed (V5)", async () => {
    let now = 0;
    const supervisor = new Supervisor({ clock: { now: () => now, setTimer: () => 0, clearTimer: () => {} } });
    supervisor.createTask(async () => {
      await Promise.resolve();
      now = 500; // computes for 500 ms, and reads no clock
    });
    const report = await supervisor.shutdown({ grace: 100, timeout: 100 });
    expect(report).toEqual({ ...nothing, completed: 1, elapsed: 500 });
  });

  it("a shutdown that has abandoned its tasks leaves run waiting for the body alone (V4, V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const value = await Supervisor.run(
      async (supervisor) => {
        supervisor.createTask(never, { name: "stubborn" });
        return await supervisor.shutdown({ timeout: 10 });
      },
      { clock },
    );
    expect(value?.abandoned).toEqual(["stubborn"]);
  });
});

describe("a shutdown's report", () => {
  it("a report counts how the tasks ended that were live when the shutdown began, and no earlier tasks (V5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ ...quiet, clock });
    supervisor.createTask(() => "before");
    supervisor.createTask(() => Promise.reject("before"));
    await settled();
    supervisor.createTask((scope) => scope.sleep(10));
    supervisor.createTask((scope) => scope.sleep(10).then(() => Promise.reject("during the grace")));
    supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => "cancelled, but returns"));
    supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject("in cleanup")));
    supervisor.createTask(never, { name: "stubborn" });
    const report = await supervisor.shutdown({ grace: 20, timeout: 30 });
    expect(report).toEqual({ completed: 2, failed: 2, cancelled: 1, abandoned: ["stubborn"], elapsed: 30 });
    expectTypeOf(report).toEqualTypeOf<ShutdownReport>();
    expectTypeOf<ShutdownReport["abandoned"]>().toEqualTypeOf<readonly string[]>();
  });

  it("a report comes although every task fails, one is fatal, and onError throws (V5, V8)", async () => {
    const supervisor = new Supervisor({ ...quiet, isFatal: (error) => error === 3, clock: new VirtualClock() });
    for (let number = 0; number < 5; number++) {
      supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject(number)));
    }
    expect(await supervisor.shutdown()).toEqual({ ...nothing, failed: 5 });
    await expect(supervisor.join()).rejects.toBe(3);
  });

  it("a report is a separate object for each caller, so that callers cannot change each other's (V5)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask(never, { name: "stubborn" });
    const report = await supervisor.shutdown({ timeout: 0 });
    (report.abandoned as string[]).pop();
    expect((await supervisor.shutdown()).abandoned).toEqual(["stubborn"]);
  });
});
