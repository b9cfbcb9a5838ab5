import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, type ShutdownReport, Supervisor } from "../src/index.js";
import { watch } from "./watch.js";

const nothing: ShutdownReport = { completed: 0, failed: 0, cancelled: 0, abandoned: [], elapsed: 0 };

describe("the option drain", () => {
  it("drain without a parent is a TypeError that says what to do, and the body of run is not called (V11)", () => {
    const message = "drain needs a parent, whose cancellation begins it: give the supervisor a parent.";
    expect(() => new Supervisor({ drain: {} })).toThrow(new TypeError(message));
    expect(() => Supervisor.run(() => expect.unreachable(), { drain: { grace: 5 } })).toThrow(new TypeError(message));
  });

  it.each([
    [null, 'drain must be an object with "grace" and "timeout", got null.'],
    [true, 'drain must be an object with "grace" and "timeout", got true.'],
    [5_000, 'drain must be an object with "grace" and "timeout", got 5000.'],
    [{ grace: "5" }, 'The grace of a drain must be a number of milliseconds, got "5".'],
    [{ grace: NaN }, "The grace of a drain must be a number of milliseconds, got NaN."],
    [{ timeout: null }, "The timeout of a drain must be a number of milliseconds, got null."],
  ])("drain is a TypeError if it is %o, and nothing stays registered on the parent (V11)", (drain, message) => {
    const parent = new CancelScope();
    expect(() => new Supervisor({ parent, drain: drain as never })).toThrow(new TypeError(message));
    expect(() => {
      parent.close();
    }).not.toThrow();
  });

  it("drain may be undefined: the parent's cancellation then cancels the supervisor (V7)", async () => {
    const parent = new CancelScope();
    const supervisor = new Supervisor({ parent, drain: undefined });
    const task = supervisor.createTask((scope) => scope.sleep(Infinity));
    parent.cancel();
    expect(task.scope.reason).toBe(parent.reason);
    await expect(supervisor.join()).rejects.toBe(parent.reason);
    expect(supervisor.stopping).toBe(false);
  });

  it("drain is read once: a later change to the options has no effect (V11)", async () => {
    const { clock, log, until } = watch();
    const parent = new CancelScope({ clock });
    const drain = { grace: 10 };
    const supervisor = new Supervisor({ parent, drain });
    drain.grace = 5_000;
    supervisor.createTask(until("task"));
    parent.cancel();
    await supervisor.join();
    expect(log).toEqual(["10: task cancelled"]);
  });
});

describe("a cancellation of the parent of a supervisor with drain", () => {
  it("the parent's cancellation begins a shutdown with the drain's grace and timeout, stage by stage (V11, V4)", async () => {
    const { clock, log, note, sleep, until } = watch();
    const parent = new CancelScope({ clock });
    const supervisor = new Supervisor({ parent, drain: { grace: 20, timeout: 100 } });
    supervisor.onShutdown((reason) => note(`draining: ${String(reason === parent.reason)}`));
    supervisor.createTask((scope) => scope.sleep(60).then(() => note("request done")));
    supervisor.createTask(until("request", 30));
    supervisor.createTask(until("pool"), { stage: 1, grace: 5 });
    await sleep(50);
    parent.cancel("SIGTERM");
    expect([supervisor.stopping, supervisor.scope.cancelled]).toEqual([true, false]);
    expect(() => supervisor.createTask(() => {})).toThrow(ClosedError);
    await supervisor.join();
    expect(log).toEqual(["50: draining: true", "60: request done", "70: request cancelled", "105: pool cancelled"]);
    expect(await supervisor.shutdown()).toEqual({ ...nothing, completed: 1, cancelled: 2, elapsed: 55 });
  });

  it("the parent's error is the cause of one CancelledError of the supervisor's scope, shared by all tasks (V11, S7)", async () => {
    const parent = new CancelScope();
    const supervisor = new Supervisor({ parent, drain: {} });
    const tasks = [0, 1].map((stage) => supervisor.createTask((scope) => scope.sleep(Infinity), { stage }));
    parent.cancel("SIGTERM");
    await supervisor.join();
    const { reason } = supervisor.scope;
    expect([reason?.scope, reason?.cause]).toEqual([supervisor.scope, parent.reason]);
    for (const task of tasks) expect([task.status, task.scope.reason]).toEqual(["cancelled", reason]);
  });

  it.each(["a parent that was cancelled before", "a deadline that has passed", "a signal that has aborted"])(
    "a parent that was cancelled before the supervisor was created begins a shutdown, too: %s (V11)",
    async (how) => {
      const parents = {
        "a parent that was cancelled before": () => {
          const parent = new CancelScope();
          parent.cancel();
          return parent;
        },
        "a deadline that has passed": () => new CancelScope({ deadline: -1 }),
        "a signal that has aborted": () => AbortSignal.abort("early"),
      };
      const supervisor = new Supervisor({
        parent: parents[how as keyof typeof parents](),
        drain: { grace: 1_000 },
      });
      expect([supervisor.stopping, supervisor.scope.cancelled]).toEqual([true, true]);
      expect(() => supervisor.createTask(() => expect.unreachable())).toThrow(ClosedError);
      let notified = 0;
      supervisor.onShutdown(() => notified++);
      expect(notified).toBe(1);
      await supervisor.join();
      expect(await supervisor.shutdown()).toMatchObject({ cancelled: 0, abandoned: [] });
    },
  );

  it("a drain that begins before the first task refuses all tasks and cancels the scope (V11)", async () => {
    const parent = new CancelScope();
    const supervisor = new Supervisor({ parent, drain: { grace: 1_000 } });
    parent.cancel();
    expect([supervisor.stopping, supervisor.scope.cancelled]).toEqual([true, true]);
    await expect(supervisor.start(() => {})).rejects.toBeInstanceOf(ClosedError);
    await supervisor.join();
    parent.close();
  });

  it("a deadline of the parent, or of a scope above it, begins the drain when it passes (V11)", async () => {
    for (const depth of [0, 1, 2]) {
      const { clock, log, until } = watch();
      let parent = new CancelScope({ clock, deadline: 30 });
      for (let level = 0; level < depth; level++) parent = new CancelScope({ parent });
      const supervisor = new Supervisor({ parent, drain: { grace: 20 } });
      supervisor.createTask(until("task", 5));
      await supervisor.join();
      expect(log).toEqual(["50: task cancelled"]);
      expect([clock.now(), clock.pending]).toEqual([55, 0]);
    }
  });

  it("a signal as parent begins the drain when it aborts, and the signal's reason is the cause (V11, S8)", async () => {
    const { clock, log, until } = watch();
    const controller = new AbortController();
    const supervisor = new Supervisor({ parent: controller.signal, clock, drain: { grace: 20 } });
    supervisor.createTask(until("task"));
    controller.abort("SIGTERM");
    await supervisor.join();
    expect(log).toEqual(["20: task cancelled"]);
    expect(supervisor.scope.reason?.cause).toMatchObject({ name: "AbortError", cause: "SIGTERM" });
  });

  it("a task function that cancels the parent in createTask begins the drain, which cancels that task, too (V11, K1)", async () => {
    const parent = new CancelScope();
    const supervisor = new Supervisor({ parent, drain: {} });
    const task = supervisor.createTask((scope) => {
      parent.cancel();
      return scope.sleep(Infinity);
    });
    expect(task.scope.cancelled).toBe(true);
    await supervisor.join();
    expect(task.status).toBe("cancelled");
  });

  it("an inner supervisor drains by its own options when a supervisor above it drains (V11)", async () => {
    const { clock, log, until } = watch();
    const outer = new Supervisor({ clock });
    outer.createTask((parent) =>
      Supervisor.run((inner) => void inner.createTask(until("inner", 10)), { parent, drain: { grace: 40 } }),
    );
    const report = await outer.shutdown({ grace: 5 });
    expect(log).toEqual(["45: inner cancelled"]);
    expect(report).toEqual({ ...nothing, completed: 1, elapsed: 55 });
  });

  it("the parent's cancellation bounds the grace and timeout of a running shutdown, and the first reason stays (V11, V4)", async () => {
    const { clock, log, sleep, until } = watch();
    const parent = new CancelScope({ clock });
    const supervisor = new Supervisor({ parent, drain: { grace: 20, timeout: 60 } });
    supervisor.createTask(until("task"));
    supervisor.createTask(until("slow", 1_000), { grace: Infinity, name: "slow" });
    const shutdown = supervisor.shutdown({ grace: 500, reason: "update" });
    await sleep(30);
    parent.cancel("SIGTERM");
    expect(await shutdown).toEqual({ ...nothing, cancelled: 1, abandoned: ["slow"], elapsed: 90 });
    expect(log).toEqual(["50: task cancelled", "50: slow cancelled"]);
    expect(supervisor.scope.reason?.cause).toBe("update");
    await supervisor.join();
  });

  it("a second cancellation of the parent, or of a scope above it, changes nothing in the drain (V11)", async () => {
    const { clock, log, sleep, until } = watch();
    const root = new CancelScope({ clock, deadline: 15 });
    const parent = new CancelScope({ parent: root });
    const supervisor = new Supervisor({ parent, drain: { grace: 20 } });
    supervisor.createTask(until("task"));
    parent.cancel("first");
    await sleep(10);
    parent.cancel("second");
    await sleep(10);
    root.cancel("third");
    await supervisor.join();
    expect(log).toEqual(["20: task cancelled"]);
    expect(supervisor.scope.reason?.cause).toMatchObject({ cause: "first" });
  });

  it("shutdown({ grace: 0 }) ends a drain early, and another call does not make it longer (V11, V4)", async () => {
    for (const [grace, expected] of [
      [0, 30],
      [10, 40],
      [1_000, 100],
    ] as const) {
      const { clock, log, sleep, until } = watch();
      const parent = new CancelScope({ clock });
      const supervisor = new Supervisor({ parent, drain: { grace: 100 } });
      supervisor.createTask(until("task"));
      parent.cancel();
      await sleep(30);
      expect(await supervisor.shutdown({ grace })).toEqual({ ...nothing, cancelled: 1, elapsed: expected });
      expect(log).toEqual([`${expected}: task cancelled`]);
    }
  });
});
