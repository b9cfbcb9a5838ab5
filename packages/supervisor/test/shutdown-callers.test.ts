import { CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { type ShutdownReport, Supervisor } from "../src/index.js";

const nothing: ShutdownReport = { completed: 0, failed: 0, cancelled: 0, abandoned: [], elapsed: 0 };
const never = (): Promise<never> => new Promise(() => {});

describe("a shutdown called more than once", () => {
  it("all calls share one shutdown and get its report, also calls after the end (V4, V5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    supervisor.createTask((scope) => scope.sleep(5));
    supervisor.createTask((scope) => scope.sleep(Infinity));
    const first = supervisor.shutdown({ grace: 10 });
    const second = supervisor.shutdown({ grace: 10 });
    const report = { completed: 1, failed: 0, cancelled: 1, abandoned: [], elapsed: 10 };
    expect(await Promise.all([first, second])).toEqual([report, report]);
    await new CancelScope({ clock }).sleep(100);
    expect(await supervisor.shutdown({ grace: 99, timeout: 99 })).toEqual(report);
  });

  it.each([
    ["a shorter grace", { grace: 100 }, 20, { grace: 30 }, { cancelled: 50, over: 50 }],
    ["a longer grace", { grace: 100 }, 20, { grace: 200 }, { cancelled: 100, over: 100 }],
    ["no grace", { grace: 100 }, 20, {}, { cancelled: 20, over: 20 }],
    ["an endless grace", { grace: 100 }, 20, { grace: Infinity }, { cancelled: 100, over: 100 }],
    ["a grace after an endless one", { grace: Infinity }, 20, { grace: 5 }, { cancelled: 25, over: 25 }],
    ["a grace when it is over", { grace: 10 }, 20, { grace: 50 }, { cancelled: 10, over: 10 }],
  ])("a later call may shorten the grace, never lengthen it: %s (V4)", async (_, first, at, second, expected) => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const alarm = new CancelScope({ clock });
    let cancelled: number | undefined;
    supervisor.createTask(async (scope) => {
      scope.onCancel(() => (cancelled = clock.now()));
      await scope.sleep(Infinity);
    });
    const { elapsed } = await Promise.all([
      supervisor.shutdown(first),
      alarm.sleep(at).then(() => supervisor.shutdown(second)),
    ]).then(([report]) => report);
    expect({ cancelled, over: elapsed }).toEqual(expected);
  });

  it.each([
    ["a shorter timeout", { timeout: 100 }, 20, { timeout: 30 }, 50],
    ["a longer timeout", { timeout: 100 }, 20, { timeout: 200 }, 100],
    ["no timeout", { timeout: 100 }, 20, {}, 100],
    ["a timeout after a call without one", {}, 20, { timeout: 5 }, 25],
    ["a timeout of nothing", { timeout: 100 }, 20, { timeout: 0 }, 20],
  ])("a later call may shorten the timeout, never lengthen it: %s (V4)", async (_, first, at, second, elapsed) => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(never, { name: "stubborn" });
    const alarm = new CancelScope({ clock });
    const [report] = await Promise.all([
      supervisor.shutdown(first),
      alarm.sleep(at).then(() => supervisor.shutdown(second)),
    ]);
    expect(report).toEqual({ ...nothing, abandoned: ["stubborn"], elapsed });
    expect(clock.pending).toBe(0);
  });
});

describe("a shutdown from inside the supervisor", () => {
  it("onError may shut down, which ends the other tasks (V4)", async () => {
    const reports: Promise<ShutdownReport>[] = [];
    const supervisor = new Supervisor({
      clock: new VirtualClock(),
      onError: () => reports.push(supervisor.shutdown()),
    });
    supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.createTask(() => Promise.reject(new Error("failed")));
    await supervisor.join();
    // The failure was before the shutdown that it caused, and is not counted in it.
    expect(await Promise.all(reports)).toEqual([{ ...nothing, cancelled: 1 }]);
  });

  it("a shutdown by onError of the last task has the same report as if others were left (V5)", async () => {
    const reports: Promise<ShutdownReport>[] = [];
    const supervisor = new Supervisor({
      clock: new VirtualClock(),
      onError: () => reports.push(supervisor.shutdown()),
    });
    supervisor.createTask(() => Promise.reject(new Error("failed")));
    await supervisor.join();
    expect(await Promise.all(reports)).toEqual([nothing]);
  });

  it("onError at the end of a shutdown may call shutdown, and that report counts the failure (V5)", async () => {
    const supervisor = new Supervisor({
      clock: new VirtualClock(),
      onError: () => void supervisor.shutdown({ timeout: 0 }),
    });
    supervisor.createTask(never, { name: "stubborn" });
    supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject("cleanup")));
    expect(await supervisor.shutdown()).toEqual({ ...nothing, failed: 1, abandoned: ["stubborn"] });
  });

  it("a shutdown by a done-callback still counts the task that ends (K4, V5)", async () => {
    const reports: Promise<ShutdownReport>[] = [];
    const supervisor = new Supervisor({ clock: new VirtualClock() });
    supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.createTask(() => "done").addDoneCallback(() => reports.push(supervisor.shutdown({ timeout: 0 })));
    await supervisor.join();
    expect(await Promise.all(reports)).toEqual([{ ...nothing, completed: 1, abandoned: ["anonymous"] }]);
  });

  it("a task that does not wait for the shutdown may call it (V4)", async () => {
    const supervisor = new Supervisor({ clock: new VirtualClock() });
    supervisor.createTask((scope) => scope.sleep(Infinity));
    const caller = supervisor.createTask(() => void supervisor.shutdown());
    await supervisor.join();
    expect(caller.status).toBe("fulfilled");
    expect(await supervisor.shutdown()).toEqual({ ...nothing, completed: 1, cancelled: 1 });
  });

  it("another tree of tasks may call shutdown, and a cancellation of that tree does not affect it (V3, V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    supervisor.createTask((scope) => scope.sleep(50));
    let shutdown: Promise<ShutdownReport> | undefined;
    await CancelScope.run(
      async (scope) => {
        shutdown = supervisor.shutdown({ grace: 1_000 });
        await scope.race(shutdown);
      },
      { clock, deadline: 10 },
    );
    expect(clock.now()).toBe(10);
    expect(await shutdown).toEqual({ ...nothing, completed: 1, elapsed: 50 });
  });

  it("a listener that the shutdown itself cancels may end the shutdown at once (S3, V4)", async () => {
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock });
    const inner: Promise<ShutdownReport>[] = [];
    supervisor.createTask(
      (scope) => {
        scope.onCancel(() => inner.push(supervisor.shutdown({ timeout: 0 })));
        return never();
      },
      { name: "stubborn" },
    );
    const outer = supervisor.shutdown({ timeout: 100 });
    const report = { ...nothing, abandoned: ["stubborn"] };
    expect(await Promise.all([outer, ...inner])).toEqual([report, report]);
    expect(clock.pending).toBe(0);
  });

  it("a shutdown after the cancellation of an outer owner waits for what is left (V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const outer = new CancelScope({ clock });
    const supervisor = new Supervisor({ parent: outer });
    const task = supervisor.createTask((scope) =>
      scope.sleep(Infinity).finally(() => new CancelScope({ clock }).sleep(25)),
    );
    outer.cancel("outer");
    expect(await supervisor.shutdown({ grace: 1_000 })).toEqual({ ...nothing, cancelled: 1, elapsed: 25 });
    expect(task.scope.reason?.cause).toBe("outer");
    outer.close();
  });
});
