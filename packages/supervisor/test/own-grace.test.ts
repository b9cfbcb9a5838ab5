import type { Clock } from "@selvage/scope";
import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { type ShutdownOptions, type SupervisedTaskOptions, Supervisor } from "../src/index.js";
import { deaf, watch } from "./watch.js";

describe("a task's own grace", () => {
  it.each([
    { grace: undefined, cancelled: 100, why: "has no grace option" },
    { grace: 0, cancelled: 0, why: "never ends by itself" },
    { grace: -1, cancelled: 0, why: "has a negative one" },
    { grace: 30, cancelled: 30, why: "has a shorter one" },
    { grace: 250, cancelled: 250, why: "has a longer one" },
    { grace: Infinity, cancelled: 1_000, why: "has an endless one, which the timeout ends" },
  ])(
    "a task with a grace of $grace is cancelled at $cancelled in a shutdown with a grace of 100 (V4)",
    async ({ grace, cancelled }) => {
      const { clock, log, until } = watch();
      const supervisor = new Supervisor({ clock });
      const task = supervisor.createTask(until("task"), { grace });
      const shutdown = supervisor.shutdown({ grace: 100, timeout: 1_000 });
      expect(task.scope.effectiveDeadline).toBe(cancelled === 0 ? -Infinity : cancelled);
      await shutdown;
      expect(log).toEqual([`${cancelled}: task cancelled`]);
    },
  );

  it("a task's own grace counts from the turn of its stage, and its siblings continue (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("request", 40));
    supervisor.createTask(until("poller"), { stage: 1, grace: 0 });
    supervisor.createTask(until("quick"), { stage: 1, grace: 7 });
    supervisor.createTask(until("usual"), { stage: 1 });
    supervisor.createTask(until("slow"), { stage: 1, grace: 20 });
    await supervisor.shutdown({ grace: 10 });
    expect(log).toEqual([
      "10: request cancelled",
      "50: poller cancelled",
      "57: quick cancelled",
      "60: usual cancelled",
      "70: slow cancelled",
    ]);
  });

  it("a task's own grace holds up the next stage as long as it lasts (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("slow"), { grace: 90 });
    supervisor.createTask(until("pool"), { stage: 1 });
    await supervisor.shutdown();
    expect(log).toEqual(["90: slow cancelled", "90: pool cancelled"]);
  });

  it("a task's own grace cancels a queued task, which never starts (V4, T8)", async () => {
    const { clock, log, note, until } = watch();
    const supervisor = new Supervisor({ clock, limit: 1 });
    supervisor.createTask(until("running"), { grace: 20 });
    const queued = supervisor.createTask(() => note("must not start"), { grace: 5 });
    queued.addDoneCallback(({ status }) => note(`queued ${status}`));
    await supervisor.shutdown({ grace: 100 });
    expect(log).toEqual(["5: queued cancelled", "20: running cancelled"]);
  });

  it("a task that waits to restart gets no grace: it is cancelled at its stage's turn (V4, V9)", async () => {
    const { clock, log, note, until } = watch();
    const supervisor = new Supervisor({ clock });
    const backoff = { initial: 1_000, jitter: false };
    const restart = { when: "always", maxRestarts: 1, within: 1, backoff } as const;
    const resting = supervisor.createTask(() => {}, { grace: 500, restart });
    resting.addDoneCallback(({ status }) => note(`resting ${status}`));
    supervisor.createTask(until("running"));
    await settled();
    expect(supervisor.stats()).toMatchObject({ restarting: 1, running: 1 });
    await supervisor.shutdown({ grace: 10 });
    expect(log).toEqual(["0: resting cancelled", "10: running cancelled"]);
  });
});

describe("the end of a task's grace", () => {
  it("the end of a task's grace is a deadline of its scope only: a read of the scope notices it (V4, S9)", async () => {
    let now = 0;
    const clock: Clock = { now: () => now, setTimer: () => 0, clearTimer: () => {} };
    const supervisor = new Supervisor({ clock });
    const seen: [number, boolean, boolean, boolean][] = [];
    let computed = false;
    const other = supervisor.createTask((scope) => scope.sleep(Infinity), { grace: 60 });
    supervisor.createTask(
      async (scope) => {
        await Promise.resolve();
        for (const time of [29, 30, 60]) {
          now = time; // computes; the event loop does not turn
          seen.push([time, scope.cancelled, other.scope.cancelled, supervisor.scope.cancelled]);
        }
        computed = true;
      },
      { grace: 30 },
    );
    const report = await supervisor.shutdown({ grace: 100 });
    expect(seen).toEqual([
      [29, false, false, false],
      [30, true, false, false],
      [60, true, true, true],
    ]);
    expect([computed, report.elapsed]).toEqual([true, 60]);
  });

  it("a task that moves its deadline is cancelled at the end of its grace all the same (V4, S10)", async () => {
    const { clock, log, sleep, until } = watch();
    const supervisor = new Supervisor({ clock });
    const task = supervisor.createTask(until("idle timeout"));
    task.scope.deadline = 1_000;
    const shutdown = supervisor.shutdown({ grace: 50 });
    await sleep(20);
    task.scope.deadline = clock.now() + 1_000; // an event has come
    expect(task.scope.effectiveDeadline).toBe(50);
    await shutdown;
    expect(log).toEqual(["50: idle timeout cancelled"]);
  });

  it("an earlier deadline of the task stays, and the task then has that reason (V4, S9)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    const [before, during] = ["before", "during"].map((name) => supervisor.createTask(until(name)));
    before!.scope.deadline = 20;
    const shutdown = supervisor.shutdown({ grace: 50 });
    during!.scope.deadline = 30;
    await shutdown;
    expect(log).toEqual(["20: before cancelled", "30: during cancelled"]);
    expect([before, during].map((task) => task!.scope.reason?.deadline)).toEqual([20, 30]);
  });

  it("the end of a task's grace leaves no timer if the task ends earlier (V4)", async () => {
    const { clock } = watch();
    const supervisor = new Supervisor({ clock });
    for (const grace of [10, 1_000, Infinity]) supervisor.createTask((scope) => scope.sleep(5), { grace });
    await supervisor.shutdown({ grace: 100, timeout: 10_000 });
    expect([clock.now(), clock.pending]).toEqual([5, 0]);
  });
});

describe("stage and grace", () => {
  const stages: [unknown, ErrorConstructor, string][] = [
    ["1", TypeError, 'stage must be a non-negative integer, got "1".'],
    [null, TypeError, "stage must be a non-negative integer, got null."],
    [1n, TypeError, "stage must be a non-negative integer, got "],
    [{}, TypeError, "stage must be a non-negative integer, got an object."],
    [-1, RangeError, "stage must be a non-negative integer, got -1."],
    [0.5, RangeError, "stage must be a non-negative integer, got 0.5."],
    [NaN, RangeError, "stage must be a non-negative integer, got NaN."],
    [Infinity, RangeError, "stage must be a non-negative integer, got Infinity."],
  ];
  const graces: [unknown, ErrorConstructor, string][] = [
    ["5", TypeError, 'The grace of a task must be a number of milliseconds, got "5".'],
    [null, TypeError, "The grace of a task must be a number of milliseconds, got null."],
    [NaN, TypeError, "The grace of a task must be a number of milliseconds, got NaN."],
  ];
  const cases = [
    ...stages.map(([stage, kind, message]) => ({ options: { stage }, kind, message })),
    ...graces.map(([grace, kind, message]) => ({ options: { grace }, kind, message })),
  ];
  const restart = { when: "always", maxRestarts: 1, within: 1 } as const;

  it.each(cases)(
    "stage and grace are checked before anything starts: $message (V4)",
    async ({ options, kind, message }) => {
      const supervisor = new Supervisor();
      const fn = (): never => expect.unreachable();
      for (const call of [
        () => supervisor.createTask(fn, options as SupervisedTaskOptions),
        () => supervisor.createTask(fn, { ...options, restart } as SupervisedTaskOptions),
        () => supervisor.start(fn, options as SupervisedTaskOptions),
      ]) {
        expect(call).toThrow(kind);
        expect(call).toThrow(message);
      }
      expect([supervisor.size, supervisor.stopping]).toEqual([0, false]);
      await supervisor.shutdown();
    },
  );

  it("stage and grace are read once: a later change to the options has no effect (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    const options = { stage: 1, grace: 20 };
    supervisor.createTask(until("pool"), options);
    Object.assign(options, { stage: 0, grace: 500 });
    supervisor.createTask(until("request", 10));
    await supervisor.shutdown({ grace: 5 } satisfies ShutdownOptions);
    expect(log).toEqual(["5: request cancelled", "35: pool cancelled"]);
  });

  it("stage and grace may differ for every task (V4)", async () => {
    const supervisor = new Supervisor();
    for (let count = 0; count < 100; count++) await supervisor.createTask(() => {}, { stage: count, grace: count });
    supervisor.createTask(deaf, { stage: 5 });
    expect(await supervisor.shutdown({ timeout: 0 })).toMatchObject({ abandoned: ["deaf"] });
  });
});
