import { CancelScope, describeTree } from "@selvage/scope";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import { CancelledError, ClosedError, type ShutdownReport, Supervisor } from "../src/index.js";

const quiet = { onError: (): void => {} };
const nothing: ShutdownReport = { completed: 0, failed: 0, cancelled: 0, abandoned: [], elapsed: 0 };
const never = (): Promise<never> => new Promise(() => {});

describe("supervisor.shutdown", () => {
  it("stops accepting, waits for the grace, cancels, and waits for all: phase by phase (V4)", async () => {
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
    const refused = new ClosedError("This Supervisor is shutting down, or has: it accepts no more tasks.");
    for (const now of [0, 49, 51, 100]) {
      await clock.advanceTo(now);
      expect(() => supervisor.createTask(note("must not start"))).toThrow(refused);
    }
    expect(log).toEqual(["20: ended by itself", "50: cancelled", "80: cleaned up", "80: shut down"]);
    expect(await shutdown).toEqual({ completed: 1, failed: 0, cancelled: 1, abandoned: [], elapsed: 80 });
    expect(clock.pending).toBe(0);
  });

  it("cancels before it returns, where no grace is given (V4)", () => {
    const supervisor = new Supervisor();
    const task = supervisor.createTask((scope) => scope.sleep(Infinity));
    void supervisor.shutdown();
    expect([supervisor.scope.cancelled, task.scope.cancelled, task.status]).toEqual([true, true, "pending"]);
  });

  it("ends as soon as the last task has, well before the grace is over (V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    supervisor.createTask((scope) => scope.sleep(10));
    expect(await supervisor.shutdown({ grace: 60_000 })).toEqual({ ...nothing, completed: 1, elapsed: 10 });
    expect([clock.now(), clock.pending]).toEqual([10, 0]);
  });

  it("lets tasks that wait their turn have it during the grace, and cancels them unstarted after it (T8, V4)", async () => {
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

  it("passes its reason on as the cause, or says that it is a shutdown; the first counts (V4)", async () => {
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

  it("waits for no body, which may be the caller (V4)", async () => {
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

  it("cuts a body that goes on to wait in the supervisor's scope (V4, V7)", async () => {
    let reached = false;
    const value = await Supervisor.run(async (supervisor) => {
      await supervisor.shutdown();
      reached = true;
      await supervisor.scope.sleep(Infinity);
      return "never";
    });
    expect([value, reached]).toEqual([undefined, true]);
  });

  it("may be called before any task, after the end and after join, and comes to nothing (V4)", async () => {
    const fresh = new Supervisor({ clock: new VirtualClock() });
    expect(await fresh.shutdown({ grace: 1_000, timeout: 1_000 })).toEqual(nothing);
    expect(() => fresh.createTask(() => {})).toThrow(ClosedError);
    await fresh.join();

    const joined = new Supervisor({ clock: new VirtualClock() });
    joined.createTask(() => {});
    await joined.join();
    expect(await joined.shutdown()).toEqual(nothing);
  });

  it("leaves join to resolve, whichever is called first (V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    const before = supervisor.join();
    await supervisor.shutdown();
    expect(await before).toBeUndefined();
    expect(await supervisor.join()).toBeUndefined();
  });

  it("closes the supervisor's scope when all is over (S16)", async () => {
    using parent = new CancelScope();
    const supervisor = new Supervisor({ parent });
    const task = supervisor.createTask((scope) => scope.sleep(Infinity));
    expect(() => {
      parent.close();
    }).toThrow(/1 scope is still open/);
    await supervisor.shutdown();
    await Promise.allSettled([task]);
    expect(describeTree(parent)).not.toContain("Supervisor");
  });

  it("honours its grace although the event loop has been blocked (S9, V4)", async () => {
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

  describe("called more than once", () => {
    it("shares one shutdown, whose report all get, also those who come when it is over (V4, V5)", async () => {
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
    ])("may shorten the grace, never lengthen it: %s (V4)", async (_, first, at, second, expected) => {
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
      ["a timeout where there was none", {}, 20, { timeout: 5 }, 25],
      ["a timeout of nothing", { timeout: 100 }, 20, { timeout: 0 }, 20],
    ])("may shorten the timeout, never lengthen it: %s (V4)", async (_, first, at, second, elapsed) => {
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

  describe("called from", () => {
    it("onError, which ends the others (V4)", async () => {
      const reports: Promise<ShutdownReport>[] = [];
      const supervisor = new Supervisor({
        clock: new VirtualClock(),
        onError: () => reports.push(supervisor.shutdown()),
      });
      supervisor.createTask((scope) => scope.sleep(Infinity));
      supervisor.createTask(() => Promise.reject(new Error("failed")));
      await supervisor.join();
      // The failure was before the shutdown that it led to, and is not counted in it.
      expect(await Promise.all(reports)).toEqual([{ ...nothing, cancelled: 1 }]);
    });

    it("onError of the last task: the report is the same as if others were left (V5)", async () => {
      const reports: Promise<ShutdownReport>[] = [];
      const supervisor = new Supervisor({
        clock: new VirtualClock(),
        onError: () => reports.push(supervisor.shutdown()),
      });
      supervisor.createTask(() => Promise.reject(new Error("failed")));
      await supervisor.join();
      expect(await Promise.all(reports)).toEqual([nothing]);
    });

    it("onError at the end of a shutdown, which counts the failure that it brings to an end (V5)", async () => {
      const supervisor = new Supervisor({
        clock: new VirtualClock(),
        onError: () => void supervisor.shutdown({ timeout: 0 }),
      });
      supervisor.createTask(never, { name: "stubborn" });
      supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject("cleanup")));
      expect(await supervisor.shutdown()).toEqual({ ...nothing, failed: 1, abandoned: ["stubborn"] });
    });

    it("a done-callback, for which the task that ends still counts (K4, V5)", async () => {
      const reports: Promise<ShutdownReport>[] = [];
      const supervisor = new Supervisor({ clock: new VirtualClock() });
      supervisor.createTask((scope) => scope.sleep(Infinity));
      supervisor.createTask(() => "done").addDoneCallback(() => reports.push(supervisor.shutdown({ timeout: 0 })));
      await supervisor.join();
      expect(await Promise.all(reports)).toEqual([{ ...nothing, completed: 1, abandoned: ["anonymous"] }]);
    });

    it("a task that does not wait for it (V4)", async () => {
      const supervisor = new Supervisor({ clock: new VirtualClock() });
      supervisor.createTask((scope) => scope.sleep(Infinity));
      const caller = supervisor.createTask(() => void supervisor.shutdown());
      await supervisor.join();
      expect(caller.status).toBe("fulfilled");
      expect(await supervisor.shutdown()).toEqual({ ...nothing, completed: 1, cancelled: 1 });
    });

    it("another tree of tasks, whose cancellation does not touch it (V3, V4)", async () => {
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

    it("a listener that the shutdown itself cancels, with an end at once (S3, V4)", async () => {
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

    it("anywhere, when an outer owner was cancelled already: it waits for what is left (V4)", async () => {
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

  describe("with a timeout", () => {
    it("names what is left, cancels it, and waits for it no more (V4, V5)", async () => {
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

    it("has what runs on report its later failure to onError, and changes no report (V2, V4)", async () => {
      const clock = new VirtualClock();
      const told: unknown[] = [];
      const supervisor = new Supervisor({ clock, onError: (error, task) => told.push(task.name, error) });
      let failLate: (error: unknown) => void = () => {};
      const task = supervisor.createTask(() => new Promise((_, reject) => (failLate = reject)), { name: "late" });
      const completesLate = supervisor.createTask(() => settled().then(() => "late value"));
      const report = await supervisor.shutdown({ timeout: 0 });
      expect(report.abandoned).toHaveLength(2);
      failLate("too late");
      await expect(task).rejects.toBe("too late");
      expect(await completesLate).toBe("late value");
      expect(told).toEqual(["late", "too late"]);
      expect(report).toEqual(await supervisor.shutdown());
      expect(report).toMatchObject({ completed: 0, failed: 0, cancelled: 0 });
      expect(supervisor.stats()).toEqual({ running: 0, queued: 0, completed: 1, failed: 1, cancelled: 0 });
    });

    it("of 0 abandons all at once, though what is cancelled ends right after (V4)", async () => {
      const supervisor = new Supervisor({ clock: new VirtualClock(), limit: 1 });
      const running = supervisor.createTask((scope) => scope.sleep(Infinity), { name: "running" });
      const waiting = supervisor.createTask(() => {}, { name: "waiting its turn" });
      const report = await supervisor.shutdown({ timeout: 0 });
      expect(report).toEqual({ ...nothing, abandoned: ["running", "waiting its turn"] });
      await settled();
      expect([running.status, waiting.status]).toEqual(["cancelled", "cancelled"]);
      expect(supervisor.stats()).toMatchObject({ running: 0, queued: 0, cancelled: 2 });
    });

    it("shorter than the grace ends the grace (V4)", async () => {
      const clock = new VirtualClock({ autojump: true });
      const supervisor = new Supervisor({ clock });
      supervisor.createTask((scope) => scope.sleep(80), { name: "needs 80" });
      const report = await supervisor.shutdown({ grace: 100, timeout: 30 });
      expect(report).toEqual({ ...nothing, abandoned: ["needs 80"], elapsed: 30 });
    });

    it("leaves no timer where the tasks end in time (V4)", async () => {
      const clock = new VirtualClock({ autojump: true });
      const supervisor = new Supervisor({ clock });
      supervisor.createTask((scope) => scope.sleep(10));
      expect(await supervisor.shutdown({ grace: 20, timeout: 30 })).toEqual({ ...nothing, completed: 1, elapsed: 10 });
      expect(clock.pending).toBe(0);
    });

    it("names no task that was just ending when its time was seen to be up (V5)", async () => {
      let now = 0;
      const supervisor = new Supervisor({ clock: { now: () => now, setTimer: () => 0, clearTimer: () => {} } });
      supervisor.createTask(async () => {
        await Promise.resolve();
        now = 500; // computes for 500 ms, and looks at no clock
      });
      const report = await supervisor.shutdown({ grace: 100, timeout: 100 });
      expect(report).toEqual({ ...nothing, completed: 1, elapsed: 500 });
    });

    it("keeps run waiting for the body alone (V4, V7)", async () => {
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

  it.each([
    [{ grace: Number.NaN }, "The grace of a shutdown must be a number of milliseconds, got NaN."],
    [{ grace: "5" }, 'The grace of a shutdown must be a number of milliseconds, got "5".'],
    [{ timeout: null }, "The timeout of a shutdown must be a number of milliseconds, got null."],
    [{ requestedBy: {} }, "requestedBy must be the CancelScope of the task that requests the shutdown."],
  ])("throws at %o, synchronously, and begins nothing (V4)", async (options, message) => {
    const supervisor = new Supervisor();
    expect(() => supervisor.shutdown(options as never)).toThrow(new TypeError(message));
    expect(supervisor.createTask(() => {}).status).toBe("pending");
    await supervisor.join();
  });

  it("takes a negative grace for none (V4)", async () => {
    const supervisor = new Supervisor({ clock: new VirtualClock() });
    supervisor.createTask((scope) => scope.sleep(Infinity));
    expect(await supervisor.shutdown({ grace: -5 })).toEqual({ ...nothing, cancelled: 1 });
  });
});

describe("a shutdown's report", () => {
  it("counts how the tasks ended that were live when it began, and not those before (V5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ ...quiet, clock });
    supervisor.createTask(() => "before");
    supervisor.createTask(() => Promise.reject("before"));
    await settled();
    supervisor.createTask((scope) => scope.sleep(10));
    supervisor.createTask((scope) => scope.sleep(10).then(() => Promise.reject("during the grace")));
    supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => "cut, but returns"));
    supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject("in cleanup")));
    supervisor.createTask(never, { name: "stubborn" });
    const report = await supervisor.shutdown({ grace: 20, timeout: 30 });
    expect(report).toEqual({ completed: 2, failed: 2, cancelled: 1, abandoned: ["stubborn"], elapsed: 30 });
    expectTypeOf(report).toEqualTypeOf<ShutdownReport>();
    expectTypeOf<ShutdownReport["abandoned"]>().toEqualTypeOf<readonly string[]>();
  });

  it("comes although every task fails, one is fatal, and onError throws nothing of it (V5, V8)", async () => {
    const supervisor = new Supervisor({ ...quiet, isFatal: (error) => error === 3, clock: new VirtualClock() });
    for (let number = 0; number < 5; number++) {
      supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject(number)));
    }
    expect(await supervisor.shutdown()).toEqual({ ...nothing, failed: 5 });
    await expect(supervisor.join()).rejects.toBe(3);
  });

  it("is each caller's own, so that none can change another's (V5)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask(never, { name: "stubborn" });
    const report = await supervisor.shutdown({ timeout: 0 });
    (report.abandoned as string[]).pop();
    expect((await supervisor.shutdown()).abandoned).toEqual(["stubborn"]);
  });
});
