import { CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelledError, ClosedError, type ShutdownReport, Supervisor } from "../src/index.js";

const nothing: ShutdownReport = { completed: 0, failed: 0, cancelled: 0, abandoned: [], elapsed: 0 };

describe("supervisor.shutdown", () => {
  it("shutdown stops accepting, waits for the grace, cancels, and waits for all tasks: phase by phase (V4)", async () => {
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock });
    const log: string[] = [];
    const note = (event: string) => (): void => void log.push(`${clock.now()}: ${event}`);
    supervisor.createTask((scope) => scope.sleep(20).then(note("ended by itself")));
    supervisor.createTask(async (scope) => {
      scope.onCancel(note("cancelled"));
      await scope.sleep(Infinity).catch(() => {});
      using cleanup = new CancelScope({ clock });
      await cleanup.sleep(30);
      note("cleaned up")();
      scope.throwIfCancelled();
    });
    const shutdown = supervisor.shutdown({ grace: 50 });
    void shutdown.then(note("shut down"));
    const refused = new ClosedError("This Supervisor is shutting down or has shut down: it accepts no more tasks.");
    for (const now of [0, 49, 51, 100]) {
      await clock.advanceTo(now);
      expect(() => supervisor.createTask(note("must not start"))).toThrow(refused);
    }
    expect(log).toEqual(["20: ended by itself", "50: cancelled", "80: cleaned up", "80: shut down"]);
    expect(await shutdown).toEqual({ completed: 1, failed: 0, cancelled: 1, abandoned: [], elapsed: 80 });
    expect(clock.pending).toBe(0);
  });

  it("shutdown may be called again at the very time at which the first call ends its grace (V4)", async () => {
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock });
    const never = new Promise<never>(() => {});
    supervisor.createTask(() => never, { name: "deaf" });
    let again: Promise<ShutdownReport> | undefined;
    clock.setTimer(() => void (again = supervisor.shutdown()), 5); // before the timer of the first call
    const first = supervisor.shutdown({ grace: 5, timeout: 5 });
    await clock.advance(5);
    const report: ShutdownReport = { ...nothing, abandoned: ["deaf"], elapsed: 5 };
    expect([await first, await again]).toEqual([report, report]);
    expect(clock.pending).toBe(0);
  });

  it("shutdown cancels before it returns if no grace is given (V4)", () => {
    const supervisor = new Supervisor();
    const task = supervisor.createTask((scope) => scope.sleep(Infinity));
    void supervisor.shutdown();
    expect([supervisor.scope.cancelled, task.scope.cancelled, task.status]).toEqual([true, true, "pending"]);
  });

  it("shutdown ends as soon as the last task has, well before the grace is over (V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    supervisor.createTask((scope) => scope.sleep(10));
    expect(await supervisor.shutdown({ grace: 60_000 })).toEqual({ ...nothing, completed: 1, elapsed: 10 });
    expect([clock.now(), clock.pending]).toEqual([10, 0]);
  });

  it("queued tasks may start during the grace; after it they are cancelled and never start (T8, V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock, limit: 1 });
    const started: number[] = [];
    for (let number = 0; number < 4; number++) {
      supervisor.createTask(async (scope) => {
        started.push(number);
        await scope.sleep(10);
      });
    }
    expect(await supervisor.shutdown({ grace: 15 })).toEqual({ ...nothing, completed: 1, cancelled: 3, elapsed: 15 });
    expect(started).toEqual([0, 1]);
  });

  it("shutdown passes its reason on as the cause, or a default that names the shutdown; the first reason counts (V4)", async () => {
    const causes: unknown[] = [];
    const error = new Error("the reason");
    for (const reasons of [[undefined], ["SIGTERM", "SIGINT"], [error]]) {
      const supervisor = new Supervisor({ clock: new VirtualClock({ autojump: true }) });
      const task = supervisor.createTask((scope) => scope.sleep(Infinity));
      await Promise.all(reasons.map((reason) => supervisor.shutdown({ grace: 10, reason })));
      causes.push(task.scope.reason?.cause);
      expect(task.scope.reason).toBeInstanceOf(CancelledError);
      expect(task.scope.reason?.scope).toBe(supervisor.scope);
    }
    expect(causes).toEqual(["shutdown", "SIGTERM", error]);
  });

  it("shutdown does not wait for the body, which may be the caller (V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const value = await Supervisor.run(
      async (supervisor) => {
        supervisor.createTask((scope) => scope.sleep(Infinity));
        const report = await supervisor.shutdown({ grace: 10 });
        return report.cancelled;
      },
      { clock },
    );
    expect(value).toBe(1);
  });

  it("shutdown cancels a body that then waits in the supervisor's scope (V4, V7)", async () => {
    let reached = false;
    const value = await Supervisor.run(async (supervisor) => {
      await supervisor.shutdown();
      reached = true;
      await supervisor.scope.sleep(Infinity);
      return "never";
    });
    expect([value, reached]).toEqual([undefined, true]);
  });

  it("the supervisor's scope stays open for a body that continues: a scope created there is cancelled from the start (S3, V4)", async () => {
    const value = await Supervisor.run(async (supervisor) => {
      await supervisor.shutdown();
      await CancelScope.run((scope) => scope.sleep(Infinity), { parent: supervisor.scope });
      return "never";
    });
    expect(value).toBeUndefined();
  });

  it("shutdown before any task, after the end or after join resolves and does nothing (V4)", async () => {
    const fresh = new Supervisor({ clock: new VirtualClock() });
    expect(await fresh.shutdown({ grace: 1_000, timeout: 1_000 })).toEqual(nothing);
    expect(() => fresh.createTask(() => {})).toThrow(ClosedError);
    await fresh.join();

    const joined = new Supervisor({ clock: new VirtualClock() });
    joined.createTask(() => {});
    await joined.join();
    expect(await joined.shutdown()).toEqual(nothing);
  });

  it("join resolves after a shutdown, whichever is called first (V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    const before = supervisor.join();
    await supervisor.shutdown();
    expect(await before).toBeUndefined();
    expect(await supervisor.join()).toBeUndefined();
  });

  it("shutdown closes the supervisor's scope at its end (S16)", async () => {
    using parent = new CancelScope();
    const supervisor = new Supervisor({ parent });
    const task = supervisor.createTask((scope) => scope.sleep(Infinity));
    expect(() => {
      parent.close();
    }).toThrow(/1 scope is still open/);
    await supervisor.shutdown();
    await Promise.allSettled([task]);
    expect(describeTree(parent)).not.toContain("Supervisor");

    const unused = new Supervisor({ parent });
    await unused.shutdown();
    expect(describeTree(parent)).not.toContain("Supervisor");
  });

  it("shutdown honours its grace although the event loop has been blocked (S9, V4)", async () => {
    let now = 0;
    const supervisor = new Supervisor({ clock: { now: () => now, setTimer: () => 0, clearTimer: () => {} } });
    let seen: boolean[] = [];
    supervisor.createTask(async (scope) => {
      await Promise.resolve();
      seen = [scope.cancelled];
      now = 60; // computes for 60 ms
      seen.push(scope.cancelled);
    });
    expect(await supervisor.shutdown({ grace: 50 })).toEqual({ ...nothing, completed: 1, elapsed: 60 });
    expect(seen).toEqual([false, true]);
  });

  it.each([
    [{ grace: Number.NaN }, "The grace of a shutdown must be a number of milliseconds, got NaN."],
    [{ grace: "5" }, 'The grace of a shutdown must be a number of milliseconds, got "5".'],
    [{ timeout: null }, "The timeout of a shutdown must be a number of milliseconds, got null."],
    [{ requestedBy: {} }, "requestedBy must be the CancelScope of the task that requests the shutdown, got an object."],
  ])("shutdown throws at %o, synchronously, and begins nothing (V4)", async (options, message) => {
    const supervisor = new Supervisor();
    expect(() => supervisor.shutdown(options as never)).toThrow(new TypeError(message));
    expect(supervisor.createTask(() => {}).status).toBe("pending");
    await supervisor.join();
  });

  it("shutdown treats a negative grace as 0 (V4)", async () => {
    const supervisor = new Supervisor({ clock: new VirtualClock() });
    supervisor.createTask((scope) => scope.sleep(Infinity));
    expect(await supervisor.shutdown({ grace: -5 })).toEqual({ ...nothing, cancelled: 1 });
  });
});
