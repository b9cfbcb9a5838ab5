import { describe, expect, it } from "vitest";
import { CancelledError, CancelScope, ClosedError, type ShutdownReport, Supervisor } from "../src/index.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { watch } from "./watch.js";

const nothing: ShutdownReport = { completed: 0, failed: 0, cancelled: 0, abandoned: [], elapsed: 0 };

describe("supervisor.stopping", () => {
  it("stopping is true from the beginning of a shutdown, and stays true (V4)", async () => {
    const { clock, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("task"));
    expect(supervisor.stopping).toBe(false);
    const shutdown = supervisor.shutdown({ grace: 10 });
    expect(supervisor.stopping).toBe(true);
    await shutdown;
    expect(supervisor.stopping).toBe(true);
  });

  it("stopping is false without a shutdown: after a cancel, and after join (V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.scope.cancel();
    await supervisor.join();
    expect(supervisor.stopping).toBe(false);
  });
});

describe("supervisor.onShutdown", () => {
  it("a listener that shuts down again leaves a supervisor without tasks with its scope cancelled for the first reason (V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.onShutdown(() => void supervisor.shutdown({ reason: "second" }));
    await supervisor.shutdown({ reason: "first" });
    expect(supervisor.scope.reason?.cause).toBe("first");
  });

  it("onShutdown listeners run in order, with the reason, before any task is cancelled (V4)", async () => {
    const supervisor = new Supervisor();
    const task = supervisor.createTask((scope) => scope.sleep(Infinity));
    const seen: unknown[] = [];
    for (const name of ["one", "two"]) {
      supervisor.onShutdown((reason) => {
        seen.push([name, reason, supervisor.stopping, task.scope.cancelled, supervisor.scope.cancelled]);
        expect(() => supervisor.createTask(() => {})).toThrow(ClosedError);
      });
    }
    void supervisor.shutdown({ reason: "SIGTERM" });
    // Synchronously: before shutdown() has returned.
    expect(seen).toEqual([
      ["one", "SIGTERM", true, false, false],
      ["two", "SIGTERM", true, false, false],
    ]);
    expect(task.scope.cancelled).toBe(true);
  });

  it("an onShutdown listener gets the default reason, or a fatal error as the reason (V4, V8)", async () => {
    const reasons: unknown[] = [];
    const fatal = new Error("disk full");
    const first = new Supervisor();
    const second = new Supervisor({ onError: () => {}, isFatal: () => true });
    for (const supervisor of [first, second]) supervisor.onShutdown((reason) => reasons.push(reason));
    await first.shutdown({ reason: undefined });
    second.createTask(() => Promise.reject(fatal));
    await expect(second.join()).rejects.toBe(fatal);
    expect(reasons).toEqual(["shutdown", fatal]);
  });

  it("an onShutdown listener runs once, however often the supervisor is shut down (V4)", async () => {
    const supervisor = new Supervisor();
    let calls = 0;
    supervisor.onShutdown(() => calls++);
    await Promise.all([supervisor.shutdown(), supervisor.shutdown(), supervisor[Symbol.asyncDispose]()]);
    expect(calls).toBe(1);
  });

  it("onShutdown calls a listener at once if a shutdown has begun or is over (V4)", async () => {
    const { clock, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("task"));
    const reasons: unknown[] = [];
    const shutdown = supervisor.shutdown({ grace: 10, reason: "update" });
    supervisor.onShutdown((reason) => reasons.push(reason));
    expect(reasons).toEqual(["update"]);
    await shutdown;
    supervisor.onShutdown((reason) => reasons.push(reason));
    expect(reasons).toEqual(["update", "update"]);
  });

  it("onShutdown calls a listener at once if another listener registers it (V4)", () => {
    const supervisor = new Supervisor();
    const log: string[] = [];
    supervisor.onShutdown(() => {
      supervisor.onShutdown(() => log.push("inner"));
      log.push("first");
    });
    supervisor.onShutdown(() => log.push("second"));
    void supervisor.shutdown();
    expect(log).toEqual(["inner", "first", "second"]);
  });

  it("onShutdown returns a handle that unregisters the listener, also during the shutdown (V4)", async () => {
    const supervisor = new Supervisor();
    const log: string[] = [];
    const handles: Disposable[] = [];
    handles.push(supervisor.onShutdown(() => log.push("disposed before")));
    supervisor.onShutdown(() => {
      log.push("first");
      handles[1]![Symbol.dispose]();
    });
    handles.push(supervisor.onShutdown(() => log.push("disposed meanwhile")));
    supervisor.onShutdown(() => log.push("last"));
    handles[0]![Symbol.dispose]();
    handles[0]![Symbol.dispose]();
    await supervisor.shutdown();
    for (const handle of handles) handle[Symbol.dispose]();
    expect(log).toEqual(["first", "last"]);
  });

  it("onShutdown registers the same function as often as it is given (V4)", () => {
    const supervisor = new Supervisor();
    let calls = 0;
    const listener = (): number => ++calls;
    const handle = supervisor.onShutdown(listener);
    supervisor.onShutdown(listener);
    handle[Symbol.dispose]();
    void supervisor.shutdown();
    expect(calls).toBe(1);
  });

  it("an error of an onShutdown listener is reported as uncaught; the other listeners run and the shutdown continues (V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    const log: string[] = [];
    const uncaught = await uncaughtDuring(async () => {
      supervisor.onShutdown(() => {
        throw new Error("the first listener's");
      });
      supervisor.onShutdown(() => log.push("second"));
      expect(await supervisor.shutdown()).toMatchObject({ cancelled: 1 });
      supervisor.onShutdown(() => {
        throw new Error("the late listener's");
      });
    });
    expect(log).toEqual(["second"]);
    expect(uncaught).toEqual([new Error("the first listener's"), new Error("the late listener's")]);
  });

  it("a rejection of an async onShutdown listener is unhandled, and the shutdown does not wait for the listener (V4)", async () => {
    const supervisor = new Supervisor();
    const uncaught = await uncaughtDuring(async () => {
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- TypeScript alone allows this
      supervisor.onShutdown(async () => Promise.reject(new Error("close failed")));
      expect(await supervisor.shutdown()).toMatchObject({ abandoned: [] });
    });
    expect(uncaught).toEqual([new Error("close failed")]);
  });

  it("an onShutdown listener runs neither at a cancel nor at join; onShutdown may be called after the end (V4)", async () => {
    const supervisor = new Supervisor();
    const log: string[] = [];
    supervisor.onShutdown(() => log.push("called"));
    supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.scope.cancel();
    await supervisor.join();
    supervisor.onShutdown(() => log.push("late"));
    expect(log).toEqual([]);
    await supervisor.shutdown();
    expect(log).toEqual(["called", "late"]);
  });

  it.each([undefined, null, {}, "listener"])("onShutdown refuses %o as a listener (V4)", (listener) => {
    const supervisor = new Supervisor();
    expect(() => supervisor.onShutdown(listener as never)).toThrow(/^The listener must be a function, got /);
  });
});

describe("a listener of onShutdown", () => {
  it("an onShutdown listener may shut down again: its grace bounds the first call's, and its timeout counts (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("task"));
    supervisor.createTask(until("slow", 1_000), { grace: 500, name: "slow" });
    const inner: Promise<ShutdownReport>[] = [];
    supervisor.onShutdown(() => inner.push(supervisor.shutdown({ grace: 20, timeout: 60, reason: "not the first" })));
    const report = await supervisor.shutdown({ grace: 100, reason: "first" });
    expect(log).toEqual(["20: task cancelled", "20: slow cancelled"]);
    expect(report).toEqual({ ...nothing, cancelled: 1, abandoned: ["slow"], elapsed: 60 });
    expect(await inner[0]).toEqual(report);
    expect(supervisor.scope.reason?.cause).toBe("first");
  });

  it("an onShutdown listener may end the shutdown at once: the grace of the first call is then 0 (V4)", async () => {
    const { clock, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("task"));
    supervisor.onShutdown(() => void supervisor.shutdown());
    expect(await supervisor.shutdown({ grace: 100 })).toEqual({ ...nothing, cancelled: 1 });
  });

  it("an onShutdown listener may cancel tasks or the supervisor's scope, and the shutdown finds them cancelled (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    const [one] = [supervisor.createTask(until("one")), supervisor.createTask(until("two", 5), { stage: 1 })];
    supervisor.onShutdown(() => one.cancel("by the listener"));
    supervisor.onShutdown(() => supervisor.scope.cancel("all"));
    expect(await supervisor.shutdown({ grace: 100 })).toEqual({ ...nothing, cancelled: 2, elapsed: 5 });
    expect(log).toEqual(["0: one cancelled", "0: two cancelled"]);
    expect([one.scope.reason?.cause, supervisor.scope.reason?.cause]).toEqual(["by the listener", "all"]);
  });

  it("an onShutdown listener may use up the whole time: the shutdown's timeout counts from the beginning (V4)", async () => {
    let now = 0;
    const supervisor = new Supervisor({ clock: { now: () => now, setTimer: () => 0, clearTimer: () => {} } });
    const task = supervisor.createTask((scope) => scope.sleep(Infinity), { name: "task" });
    supervisor.onShutdown(() => (now = 80));
    expect(await supervisor.shutdown({ grace: 10, timeout: 50 })).toEqual({
      ...nothing,
      abandoned: ["task"],
      elapsed: 80,
    });
    await expect(task).rejects.toBeInstanceOf(CancelledError);
  });

  it("an onShutdown listener may close a scope above or wait for the end: nothing hangs (V4)", async () => {
    const parent = new CancelScope();
    const supervisor = new Supervisor({ parent });
    let joined = false;
    supervisor.onShutdown(() => {
      void supervisor.join().then(() => (joined = true));
      parent.close(); // an empty owner is closed with it
    });
    expect(await supervisor.shutdown()).toMatchObject({ abandoned: [] });
    await supervisor.join();
    expect(joined).toBe(true);
  });
});
