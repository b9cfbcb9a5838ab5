import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { type ShutdownReport, Supervisor } from "../src/index.js";
import { deaf, watch } from "./watch.js";

const nothing: ShutdownReport = { completed: 0, failed: 0, cancelled: 0, abandoned: [], elapsed: 0 };

describe("the stages of a shutdown", () => {
  it("stages come one after the other, the lowest first, whatever the gaps and the order of creation (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    for (const stage of [7, 0, Number.MAX_SAFE_INTEGER, 1]) {
      supervisor.createTask(until(`stage ${stage}`, 10), { stage });
    }
    expect(await supervisor.shutdown()).toEqual({ ...nothing, cancelled: 4, elapsed: 40 });
    expect(log).toEqual([
      "0: stage 0 cancelled",
      "10: stage 1 cancelled",
      "20: stage 7 cancelled",
      "30: stage 9007199254740991 cancelled",
    ]);
  });

  it("stages begin with the lowest that has tasks, and a task without the option is in stage 0 (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("pool", 1), { stage: 2 });
    supervisor.createTask(until("request", 1));
    supervisor.createTask(until("second request", 1), { stage: undefined, grace: undefined });
    await supervisor.shutdown();
    expect(log).toEqual(["0: request cancelled", "0: second request cancelled", "1: pool cancelled"]);
  });

  it("a stage cancels its tasks one by one, in order of creation: code that one runs comes before the next (V4)", async () => {
    const { clock } = watch();
    const supervisor = new Supervisor({ clock });
    const seen: string[] = [];
    const tasks = ["a", "b", "c"].map((name) =>
      supervisor.createTask((scope) => scope.sleep(Infinity), { name, stage: 3 }),
    );
    for (const { name, scope } of tasks) {
      scope.onCancel(() => {
        const cancelled = tasks.filter((task) => task.scope.cancelled).map((task) => task.name);
        seen.push(`${name}: ${cancelled.join()}, supervisor ${String(supervisor.scope.cancelled)}`);
      });
    }
    await supervisor.shutdown();
    expect(seen).toEqual(["a: a, supervisor false", "b: a,b, supervisor false", "c: a,b,c, supervisor false"]);
  });

  it("all stages share one CancelledError, of the supervisor's scope, with the shutdown's reason as its cause (V4, S7)", async () => {
    const { clock } = watch();
    const supervisor = new Supervisor({ clock });
    const tasks = [0, 1].map((stage) => supervisor.createTask((scope) => scope.sleep(Infinity), { stage }));
    await supervisor.shutdown({ grace: 5, reason: "SIGTERM" });
    const { reason } = supervisor.scope;
    expect([reason?.cause, reason?.scope]).toEqual(["SIGTERM", supervisor.scope]);
    expect(tasks.map((task) => task.scope.reason === reason)).toEqual([true, true]);
  });

  it("a stage has its grace from its own turn, not from the beginning (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("first", 25));
    supervisor.createTask(until("second"), { stage: 1 });
    supervisor.createTask(until("third"), { stage: 2 });
    expect(await supervisor.shutdown({ grace: 10 })).toEqual({ ...nothing, cancelled: 3, elapsed: 55 });
    expect(log).toEqual(["10: first cancelled", "45: second cancelled", "55: third cancelled"]);
  });

  it("a stage ends early if its tasks end by themselves: it is then the next stage's turn (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask((scope) => scope.sleep(3));
    supervisor.createTask((scope) => scope.sleep(4));
    supervisor.createTask(until("pool"), { stage: 1 });
    expect(await supervisor.shutdown({ grace: 100 })).toEqual({
      ...nothing,
      completed: 2,
      cancelled: 1,
      elapsed: 104,
    });
    expect(log).toEqual(["104: pool cancelled"]);
  });

  it("a stage that has no task left by its turn is skipped (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("first", 10));
    supervisor.createTask((scope) => scope.sleep(5), { stage: 1 });
    supervisor.createTask(until("third"), { stage: 2 });
    await supervisor.shutdown();
    expect(log).toEqual(["0: first cancelled", "10: third cancelled"]);
  });

  it("a stage waits for a task that ignores its cancellation: the next stage begins after that task has ended (V4)", async () => {
    const { clock, log, until, sleep } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(() => sleep(70));
    supervisor.createTask(until("pool"), { stage: 1 });
    await supervisor.shutdown({ grace: 10 });
    expect(log).toEqual(["80: pool cancelled"]);
  });

  it("later stages are left alone: their tasks are not cancelled, have no deadline and are still restarted (V4, V9)", async () => {
    const { clock, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("first", 50));
    const restart = { when: "always", maxRestarts: Infinity, within: 1 } as const;
    const runs: number[] = [];
    const poller = supervisor.createTask(
      async (scope) => {
        runs.push(clock.now());
        await scope.sleep(15);
      },
      { stage: 1, restart: { ...restart, backoff: { initial: 5, factor: 1, jitter: false } } },
    );
    const shutdown = supervisor.shutdown({ grace: 7 });
    expect([poller.scope.cancelled, poller.scope.effectiveDeadline]).toEqual([false, Infinity]);
    await shutdown;
    // Its turn comes at 57, while it waits to run again at 60.
    expect(runs).toEqual([0, 20, 40]);
    expect([clock.now(), poller.status]).toEqual([57, "cancelled"]);
  });

  it("a queued task of a later stage stays in the queue, and may start before its stage's turn (V4, T8)", async () => {
    const { clock, log, until, note } = watch();
    const supervisor = new Supervisor({ clock, limit: 1 });
    supervisor.createTask(until("first", 10));
    supervisor.createTask(until("later"), { stage: 1 });
    const never = supervisor.createTask(() => note("must not start"), { stage: 1 });
    await supervisor.shutdown({ grace: 5 });
    expect(log).toEqual(["5: first cancelled", "20: later cancelled"]);
    expect([never.status, clock.now()]).toEqual(["cancelled", 20]);
  });

  it("a task made by start has a stage and its own grace (V4, T10)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    await supervisor.start(
      (scope, started) => {
        started();
        return until("server")(scope);
      },
      { stage: 1, grace: 30 },
    );
    supervisor.createTask(until("request", 10));
    await supervisor.shutdown({ grace: 5 });
    expect(log).toEqual(["5: request cancelled", "45: server cancelled"]);
  });

  it("all stages share one timeout, counted from the beginning: what is left is named, cancelled and detached (V4, V5)", async () => {
    const { clock, log, until } = watch();
    const reported: unknown[] = [];
    const supervisor = new Supervisor({ clock, onError: (error, task) => reported.push(task.name, error) });
    let fail: (error: unknown) => void = () => {};
    supervisor.createTask(until("quick"));
    supervisor.createTask(() => new Promise((_, reject) => (fail = reject)), { name: "stuck", stage: 1 });
    supervisor.createTask(until("pool", 5), { name: "pool", stage: 2, grace: Infinity });
    const joined = supervisor.join();
    const shutdown = supervisor.shutdown({ grace: 10, timeout: 35 });
    expect(await shutdown).toEqual({ ...nothing, cancelled: 1, abandoned: ["stuck", "pool"], elapsed: 35 });
    expect(log).toEqual(["10: quick cancelled", "35: pool cancelled"]);
    await joined;
    expect([clock.now(), supervisor.size]).toEqual([35, 0]);
    fail("too late");
    await settled();
    expect(reported).toEqual(["stuck", "too late"]);
    expect(await supervisor.shutdown()).toEqual(await shutdown);
  });

  it("the timeout bounds all stages: a task's effective deadline is never later (V4, S9)", async () => {
    const { clock } = watch();
    const supervisor = new Supervisor({ clock });
    const now = supervisor.createTask(deaf, { grace: 100 });
    const later = supervisor.createTask(deaf, { stage: 1 });
    const shutdown = supervisor.shutdown({ grace: 10, timeout: 50 });
    expect([now, later, supervisor].map(({ scope }) => scope.effectiveDeadline)).toEqual([50, 50, 50]);
    await shutdown;
  });
});
