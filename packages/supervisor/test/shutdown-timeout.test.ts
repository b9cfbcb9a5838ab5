import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { Supervisor } from "../src/index.js";

describe("supervisor.shutdown with a timeout", () => {
  it("shutdown names every task that is left at its timeout, even if a task sees the deadline pass first (V4)", async () => {
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock });
    let release!: () => void;
    // Its timer is older than the shutdown's, and fires first.
    supervisor.createTask((scope) => scope.sleep(100), { name: "sleeper" });
    supervisor.createTask(() => new Promise<void>((resolve) => (release = resolve)), { name: "stubborn" });
    supervisor.createTask((scope) => scope.sleep(Infinity).finally(release), { name: "pool", stage: 1 });
    const shutdown = supervisor.shutdown({ grace: Infinity, timeout: 100 });
    await clock.advance(100);
    expect(await shutdown).toMatchObject({ completed: 0, cancelled: 0, abandoned: ["sleeper", "stubborn", "pool"] });
    await supervisor.join();
  });

  it("a timeout that comes after the end of the shutdown sets no timer (V4)", async () => {
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock });
    const report = await supervisor.shutdown();
    expect(await supervisor.shutdown({ timeout: 50 })).toEqual(report);
    expect(clock.pending).toBe(0);
  });

  it("shutdown names a task that notices the end of its grace only after the timeout, without a timer (V4, S9)", async () => {
    let now = 0;
    const supervisor = new Supervisor({ clock: { now: () => now, setTimer: () => 0, clearTimer: () => {} } });
    supervisor.createTask(
      async (scope) => {
        await Promise.resolve();
        now = 60; // it was busy
        scope.throwIfCancelled();
      },
      { name: "busy" },
    );
    const report = await supervisor.shutdown({ grace: 10, timeout: 50 });
    expect(report).toMatchObject({ cancelled: 0, abandoned: ["busy"], elapsed: 60 });
  });

  it("stats no longer counts a task that waits to restart and is abandoned (V4, V12)", async () => {
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock, onError: () => {} });
    const backoff = { initial: 100, jitter: false };
    const restart = { when: "always", maxRestarts: 1, within: 1_000, backoff } as const;
    supervisor.createTask(() => Promise.reject(new Error("no database")), { restart });
    await settled();
    expect(supervisor.stats()).toMatchObject({ running: 0, restarting: 1 });
    const shutdown = supervisor.shutdown({ timeout: 0 });
    expect(supervisor.stats()).toMatchObject({ running: 0, restarting: 0 });
    await shutdown;
  });
});
