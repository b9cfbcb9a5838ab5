/** How a shutdown affects tasks that are restarted (V9, V4). */
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, Supervisor } from "../src/index.js";
import { always, failing, makeSupervisor, onFailure, policy, slowly } from "./restarts.js";

describe("a shutdown of tasks with a restart policy", () => {
  it("a shutdown without grace cancels runs and waits, and restarts nothing (V9, V4)", async () => {
    const { supervisor, clock, reported } = makeSupervisor();
    const running = supervisor.createTask((scope) => scope.sleep(Infinity), always);
    const resting = supervisor.createTask(failing(1), slowly);
    await supervisor.createTask((scope) => scope.sleep(1));
    const report = await supervisor.shutdown({ reason: "deploy" });
    expect(report).toEqual({ completed: 0, failed: 0, cancelled: 2, abandoned: [], elapsed: 0 });
    expect([running.scope.reason?.cause, resting.scope.reason?.cause]).toEqual(["deploy", "deploy"]);
    expect(reported).toEqual([new Error("run 1")]);
    expect(clock.now()).toBe(1);
  });

  it("a shutdown with grace ends waits at once, and lets runs end, but does not run them again (V9, V4)", async () => {
    const { supervisor, reported, infos } = makeSupervisor();
    let runs = 0;
    const running = supervisor.createTask((scope) => scope.sleep(20).then(() => ++runs), always);
    const failingLater = supervisor.createTask(
      (scope) => scope.sleep(30).then(() => Promise.reject(new Error("late"))),
      always,
    );
    const resting = supervisor.createTask(failing(1), slowly);
    await supervisor.createTask((scope) => scope.sleep(1));
    const over = supervisor.shutdown({ grace: 1_000, reason: "deploy" });
    await settled();
    expect(resting.status).toBe("cancelled");
    expect(resting.scope.reason?.cause).toBe("deploy");
    expect(await over).toEqual({ completed: 1, failed: 1, cancelled: 1, abandoned: [], elapsed: 29 });
    expect(running.result()).toBe(1);
    expect(failingLater.exception()).toEqual(new Error("late"));
    expect(reported).toEqual([new Error("run 1"), new Error("late")]);
    expect(infos.at(-1)).toEqual({ attempt: 1, restartsIn: undefined });
  });

  it("a task's own grace does not extend its wait to restart (V9, V4)", async () => {
    const { supervisor } = makeSupervisor();
    supervisor.createTask(failing(1), { ...slowly, grace: 500 });
    await settled();
    expect(await supervisor.shutdown({ grace: 1_000 })).toMatchObject({ cancelled: 1, elapsed: 0 });
  });

  it("a shutdown with grace lets a run end that was restarted before (V9, V4)", async () => {
    const { supervisor } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask(async (scope) => {
      if (++runs === 1) throw new Error("again");
      await scope.sleep(50);
      return "in time";
    }, slowly);
    await supervisor.createTask((scope) => scope.sleep(120));
    expect(await supervisor.shutdown({ grace: 1_000 })).toMatchObject({ completed: 1, elapsed: 30 });
    expect(task.result()).toBe("in time");
  });

  it("a task that reaches its limit during a shutdown fails with the run's own error, not with RestartLimitError (V9)", async () => {
    const { supervisor } = makeSupervisor();
    const task = supervisor.createTask((scope) => scope.sleep(10).then(() => Promise.reject(new Error("last"))), {
      restart: policy({ maxRestarts: 0 }),
    });
    await supervisor.shutdown({ grace: 100 });
    expect(task.exception()).toEqual(new Error("last"));
  });

  it("a shutdown that a run requests with its own scope does not wait for that run (V9, V6)", async () => {
    const { supervisor } = makeSupervisor();
    let report: unknown;
    const task = supervisor.createTask(async (scope) => {
      report = await supervisor.shutdown({ requestedBy: scope });
    }, always);
    await supervisor.join();
    expect(report).toMatchObject({ abandoned: [] });
    expect(task.status).toBe("fulfilled");
  });

  it("a run that ignores the shutdown is abandoned at the timeout, and is not restarted when it ends (V9, V4)", async () => {
    const { supervisor, clock, reported } = makeSupervisor();
    const outside = new CancelScope({ clock });
    let runs = 0;
    const task = supervisor.createTask(async function deaf() {
      runs++;
      await outside.sleep(500);
      throw new Error("late");
    }, onFailure);
    expect(await supervisor.shutdown({ timeout: 10 })).toMatchObject({ abandoned: ["deaf"] });
    await outside.sleep(1_000);
    expect(task.exception()).toEqual(new Error("late"));
    expect({ runs, reported }).toEqual({ runs: 1, reported: [new Error("late")] });
  });
});

/** A poller in stage 1 that fails every 100 ms, and the times at which it ran. */
function makePoller(supervisor: Supervisor, clock: VirtualClock) {
  const starts: number[] = [];
  const backoff = { initial: 100, factor: 1, jitter: false };
  const task = supervisor.createTask(
    async () => {
      starts.push(clock.now());
      throw new Error("no");
    },
    { stage: 1, restart: policy({ maxRestarts: Infinity, backoff }) },
  );
  return { task, starts };
}

describe("a task of a later stage", () => {
  it("a task of a later stage is restarted until the turn of its stage, and not after it (V9, V4)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const { task, starts } = makePoller(supervisor, clock);
    supervisor.createTask((scope) => scope.sleep(350));
    await settled();
    const report = await supervisor.shutdown({ grace: 1_000 });
    expect(starts).toEqual([0, 100, 200, 300]);
    expect(task.status).toBe("cancelled");
    expect(report).toMatchObject({ completed: 1, cancelled: 1, elapsed: 350 }); // its wait gets no grace
  });

  it("a task of a later stage is restarted until the end of the grace of the stage before (V9, V4)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const { starts } = makePoller(supervisor, clock);
    supervisor.createTask((scope) => scope.sleep(Infinity));
    await settled();
    expect(await supervisor.shutdown({ grace: 250 })).toMatchObject({ cancelled: 2, elapsed: 250 });
    expect(starts).toEqual([0, 100, 200]);
  });

  it("a task of a later stage has its limit and its failures as before while others shut down (V9, V4)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const task = supervisor.createTask(failing(Infinity), { ...onFailure, stage: 1 });
    supervisor.createTask((scope) => scope.sleep(100));
    expect(await supervisor.shutdown({ grace: 1_000 })).toMatchObject({ completed: 1, failed: 1, elapsed: 100 });
    expect(reported).toEqual([1, 2, 3, 4].map((run) => new Error(`run ${run}`)).concat(task.exception() as Error));
  });

  it("a task of a later stage may end its run within the grace of its turn, and is not run again (V9, V4)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const ends: number[] = [];
    const task = supervisor.createTask((scope) => scope.sleep(60).then(() => ends.push(clock.now())), {
      restart: policy({ when: "always", maxRestarts: Infinity }),
      stage: 1,
    });
    supervisor.createTask((scope) => scope.sleep(100));
    expect(await supervisor.shutdown({ grace: 1_000 })).toMatchObject({ completed: 2, elapsed: 120 });
    expect(ends).toEqual([60, 120]);
    expect(task.status).toBe("fulfilled");
  });

  it.each(["before", "after"])(
    "a task of a later stage is not run again if its turn comes as its wait ends, just %s (V9, V4)",
    async (order) => {
      const clock = new VirtualClock();
      const { supervisor } = makeSupervisor({ clock });
      const first = (): unknown => supervisor.createTask((scope) => scope.sleep(100));
      if (order === "before") first();
      const { task, starts } = makePoller(supervisor, clock);
      await settled();
      if (order === "after") first(); // its timer is then the later one
      const over = supervisor.shutdown({ grace: 1_000 });
      let startsThen: number | undefined;
      task.scope.onCancel(() => (startsThen = starts.length));
      await clock.advance(1_000);
      await over;
      expect(starts).toHaveLength(startsThen!);
      expect(task.status).toBe("cancelled");
    },
  );

  it("a task is not run again once an onShutdown listener cancels it as its wait ends (V9, V4)", async () => {
    const clock = new VirtualClock();
    const { supervisor } = makeSupervisor({ clock });
    supervisor.createTask((scope) => scope.sleep(500));
    clock.setTimer(() => void supervisor.shutdown({ grace: 1_000 }), 100);
    const { task, starts } = makePoller(supervisor, clock);
    supervisor.onShutdown(() => task.cancel("the poller is not needed"));
    await clock.advance(1_000);
    expect(starts).toEqual([0]);
    expect(task.scope.reason?.cause).toBe("the poller is not needed");
    await supervisor.join();
  });

  it("a task is not run again because of what an onShutdown listener of an earlier turn does (V9, V4)", async () => {
    const clock = new VirtualClock();
    const { supervisor } = makeSupervisor({ clock });
    supervisor.createTask((scope) => scope.sleep(500));
    const { task, starts } = makePoller(supervisor, clock);
    await settled();
    supervisor.onShutdown(() => queueMicrotask(() => task.cancel()));
    void supervisor.shutdown({ grace: 1_000 });
    await clock.advance(1_000);
    expect(starts).toEqual([0]);
    await supervisor.join();
  });

  it("a task that is abandoned while it waits is no longer counted (V4, V12)", async () => {
    const { supervisor } = makeSupervisor();
    supervisor.createTask(failing(1), slowly);
    supervisor.createTask(failing(1), { ...slowly, stage: 1 });
    await settled();
    expect(supervisor.stats()).toMatchObject({ running: 0, restarting: 2 });
    void supervisor.shutdown({ timeout: 0 });
    expect(supervisor.size).toBe(0);
    expect(supervisor.stats()).toMatchObject({ running: 0, queued: 0, restarting: 0 });
    await settled();
    expect(supervisor.stats()).toMatchObject({ running: 0, queued: 0, restarting: 0, cancelled: 2 });
  });
});

describe("a drain of tasks with a restart policy", () => {
  it("a drain restarts tasks of later stages until their turn, although the parent is cancelled (V9, V11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    using parent = new CancelScope({ clock });
    const { supervisor } = makeSupervisor({ clock, parent, drain: { grace: 250 } });
    const { starts } = makePoller(supervisor, clock);
    const resting = supervisor.createTask(failing(Infinity), slowly);
    supervisor.createTask((scope) => scope.sleep(Infinity));
    await settled();
    parent.cancel("SIGTERM");
    await settled();
    expect(resting.status).toBe("cancelled");
    await supervisor.join();
    expect(starts).toEqual([0, 100, 200]);
  });
});
