import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, type ShutdownReport, Supervisor, type Task } from "../src/index.js";
import { deaf, watch } from "./watch.js";

const nothing: ShutdownReport = { completed: 0, failed: 0, cancelled: 0, abandoned: [], elapsed: 0 };

describe("a listener of a cancelled task", () => {
  it("a listener of a cancelled task may shut down: with less time, its own scope, or the whole stage as requesters (V4, V6)", async () => {
    const { clock, log, note, until } = watch();
    const supervisor = new Supervisor({ clock });
    const reports: Promise<ShutdownReport>[] = [];
    const stage: Task<void>[] = ["a", "b", "c"].map((name) => supervisor.createTask(until(name, 20)));
    supervisor.createTask(until("pool", 5), { stage: 1 });
    stage[0]!.scope.onCancel(() => {
      for (const { scope } of stage) reports.push(supervisor.shutdown({ requestedBy: scope }));
    });
    void supervisor.shutdown({ grace: 10 }).then(() => note("shut down"));
    await supervisor.join();
    await settled();
    // Only requesters are left in stage 0, so it is the pool's turn, but after its siblings': stage by stage.
    expect(log).toEqual([
      "10: a cancelled",
      "10: b cancelled",
      "10: c cancelled",
      "10: pool cancelled",
      "30: shut down",
    ]);
    for (const report of await Promise.all(reports)) expect(report).toEqual({ ...nothing, cancelled: 1, elapsed: 15 });
  });

  it("the next stage waits until all of a stage without grace is cancelled, also if the first one asks for its turn (V4, V6)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    const stage = ["a", "b", "c"].map((name) => supervisor.createTask(until(name, 20)));
    supervisor.createTask(until("pool", 5), { stage: 1 });
    stage[0]!.scope.onCancel(() => {
      for (const { scope } of stage) void supervisor.shutdown({ requestedBy: scope, grace: Infinity });
    });
    await supervisor.shutdown();
    expect(log).toEqual(["0: a cancelled", "0: b cancelled", "0: c cancelled", "0: pool cancelled"]);
  });

  it("the supervisor's scope is cancelled after the last task, and all that the task has opened (V4)", async () => {
    const supervisor = new Supervisor();
    const log: string[] = [];
    supervisor.createTask(async (scope) => {
      using inner = new CancelScope({ parent: scope });
      scope.onCancel(() => log.push("task"));
      inner.onCancel(() => log.push("scope in the task"));
      await scope.sleep(Infinity);
    });
    supervisor.scope.onCancel(() => log.push("supervisor"));
    await supervisor.shutdown();
    expect(log).toEqual(["task", "scope in the task", "supervisor"]);
  });

  it("a listener of a cancelled task may cancel tasks of its own stage and of later ones, each with a reason (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    const [a, b, c] = [0, 0, 1].map((stage, index) => supervisor.createTask(until("abc"[index]!, 10), { stage }));
    a!.scope.onCancel(() => {
      b!.cancel("by a");
      c!.cancel("by a");
    });
    expect(await supervisor.shutdown()).toEqual({ ...nothing, cancelled: 3, elapsed: 10 });
    expect(log).toEqual(["0: a cancelled", "0: b cancelled", "0: c cancelled"]);
    expect([a, b, c].map((task) => task!.scope.reason?.cause)).toEqual(["shutdown", "by a", "by a"]);
  });

  it("a listener may cancel the supervisor's scope, or a scope above it: that ends the grace of all stages (V4)", async () => {
    for (const pick of [(own: Supervisor) => own.scope, (_: Supervisor, parent: CancelScope) => parent]) {
      const { clock, log, until } = watch();
      using parent = new CancelScope({ clock });
      const supervisor = new Supervisor({ parent });
      const first = supervisor.createTask(until("first", 10));
      supervisor.createTask(until("second", 10));
      supervisor.createTask(until("pool", 20), { stage: 1 });
      first.scope.onCancel(() => pick(supervisor, parent).cancel("all"));
      const report = await supervisor.shutdown({ grace: 5 });
      expect(report).toEqual({ ...nothing, cancelled: 3, elapsed: 25 });
      expect(log).toEqual(["5: first cancelled", "5: second cancelled", "5: pool cancelled"]);
    }
  });

  it("a listener may close scopes below its own, and those of other tasks, which the timeout still ends (S3, V4)", async () => {
    const { clock } = watch();
    const supervisor = new Supervisor({ clock });
    let inner: CancelScope | undefined;
    const first = supervisor.createTask(async (scope) => {
      inner = new CancelScope({ parent: scope });
      inner.onCancel(() => expect.unreachable());
      await scope.sleep(Infinity);
    });
    const closed = ["now", "later"].map((name, stage) => supervisor.createTask(deaf, { name, stage }));
    first.scope.onCancel(() => {
      inner!.close();
      for (const { scope } of closed) scope.close();
    });
    const report = await supervisor.shutdown({ grace: 5, timeout: 30 });
    expect(report).toEqual({ ...nothing, cancelled: 1, abandoned: ["now", "later"], elapsed: 30 });
    await supervisor.join();
    expect([supervisor.size, clock.pending]).toEqual([0, 0]);
  });

  it("a listener of a cancelled task cannot add a task (V4)", async () => {
    const supervisor = new Supervisor();
    const errors: unknown[] = [];
    const task = supervisor.createTask((scope) => scope.sleep(Infinity));
    task.scope.onCancel(() => {
      try {
        supervisor.createTask(() => {});
      } catch (error) {
        errors.push(error);
      }
      supervisor.start(() => {}).catch((error: unknown) => errors.push(error));
    });
    await supervisor.shutdown();
    await settled();
    expect(errors).toEqual([expect.any(ClosedError), expect.any(ClosedError)]);
  });
});

describe("a done-callback of a cancelled task", () => {
  it("a done-callback of a cancelled task may shut down again: that task still counts, and the report is shared (K4, V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    const reports: Promise<ShutdownReport>[] = [];
    supervisor
      .createTask(until("first", 5))
      .addDoneCallback(() => reports.push(supervisor.shutdown({ grace: 20, timeout: 50 })));
    supervisor.createTask(until("pool", 5), { stage: 1, grace: 1_000 });
    supervisor.createTask(deaf, { name: "deaf", stage: 2 });
    reports.push(supervisor.shutdown({ grace: 10 }));
    const report = { ...nothing, cancelled: 2, abandoned: ["deaf"], elapsed: 65 };
    expect(await Promise.all(reports)).toEqual([report]);
    await settled();
    expect(await Promise.all(reports)).toEqual([report, report]);
    expect(log).toEqual(["10: first cancelled", "35: pool cancelled"]);
  });

  it("a done-callback may end the shutdown with a timeout of 0, although its task is the last of its stage (V4)", async () => {
    const { clock, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("first")).addDoneCallback(() => void supervisor.shutdown({ timeout: 0 }));
    supervisor.createTask(until("pool"), { name: "pool", stage: 1 });
    expect(await supervisor.shutdown()).toEqual({ ...nothing, cancelled: 1, abandoned: ["pool"] });
  });
});

describe("a reentrant call of shutdown", () => {
  it("a shutdown that a task function calls in createTask cancels that task, too (K1, V4)", async () => {
    const supervisor = new Supervisor();
    let shutdown: Promise<ShutdownReport> | undefined;
    const task = supervisor.createTask((scope) => {
      shutdown = supervisor.shutdown();
      return scope.sleep(Infinity);
    });
    expect(task.scope.cancelled).toBe(true);
    expect(await shutdown).toMatchObject({ cancelled: 1 });
  });

  it("a shutdown called by a getter of the reason is the shutdown: there is only one (V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    let notified = 0;
    supervisor.onShutdown(() => notified++);
    const inner: Promise<ShutdownReport>[] = [];
    const hostile = new Proxy(new Error("hostile"), {
      getOwnPropertyDescriptor(target, key) {
        if (inner.length === 0) inner.push(supervisor.shutdown({ reason: "inner" }));
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
    const report = await supervisor.shutdown({ reason: hostile });
    expect(inner).toHaveLength(1);
    expect(await inner[0]).toEqual(report);
    expect([notified, report.cancelled, supervisor.scope.reason?.cause]).toEqual([1, 1, "inner"]);
  });

  it("while the reason of another call is looked at is the first one, and the other bounds its grace (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("task"));
    const hostile = new Proxy(new Error("hostile"), {
      getOwnPropertyDescriptor(target, key) {
        if (!supervisor.stopping) void supervisor.shutdown({ reason: "inner", grace: 100 });
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
    expect(await supervisor.shutdown({ reason: hostile, grace: 5 })).toEqual({ ...nothing, cancelled: 1, elapsed: 5 });
    expect(log).toEqual(["5: task cancelled"]);
  });

  it("again does not look at its reason: the first one stays (V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    void supervisor.shutdown({ grace: Infinity, reason: "first" });
    let looks = 0;
    const watched = new Proxy(new Error("second"), {
      getOwnPropertyDescriptor(target, key) {
        looks++;
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
    await supervisor.shutdown({ reason: watched });
    expect([supervisor.scope.reason?.cause, looks]).toEqual(["first", 0]);
  });

  it("a shutdown called by getters of the options is the shutdown, which the outer call joins (V4)", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    const outer = supervisor.shutdown({
      get grace() {
        void supervisor.shutdown({ reason: "inner" });
        return 5;
      },
    });
    expect(await outer).toMatchObject({ cancelled: 1 });
    expect(supervisor.scope.reason?.cause).toBe("inner");
  });
});

describe("supervisor.stats during a shutdown", () => {
  it("stats does not count an abandoned task, not even one that waited to restart (V4, V12)", async () => {
    const { clock } = watch();
    const supervisor = new Supervisor({ clock, limit: 2 });
    const restart = { when: "always", maxRestarts: 1, within: 1, backoff: { initial: 99 } } as const;
    supervisor.createTask(deaf);
    supervisor.createTask(() => {}, { restart });
    supervisor.createTask(deaf);
    await settled();
    expect(supervisor.stats()).toMatchObject({ running: 1, queued: 1, restarting: 1 });
    void supervisor.shutdown({ timeout: 0 });
    expect(supervisor.stats()).toMatchObject({ running: 0, queued: 0, restarting: 0 });
  });
});
