/** How restarts are visible: the task's `attempt` and `restartsAt`, `stats()`, and the tree (V12, C3). */
import { describeTree, snapshot } from "@selvage/scope/debug";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { Supervisor, type SupervisorStats, type Task } from "../src/index.js";
import { always, failing, makeSupervisor, onFailure, slowly } from "./restarts.js";

const seen = ({ status, attempt, restartsAt }: Task<unknown>): object => ({ status, attempt, restartsAt });

describe("task.attempt and task.restartsAt", () => {
  it("attempt is 1 and restartsAt undefined for a task that is queued, runs or has ended without a restart (V12)", async () => {
    const { supervisor } = makeSupervisor({ limit: 1 });
    const tasks = [
      supervisor.createTask(failing(0), onFailure),
      supervisor.createTask(failing(0), onFailure),
      supervisor.createTask(failing(0)),
    ];
    expect(tasks.map(({ queued }) => queued)).toEqual([false, true, true]);
    expect(tasks.map(seen)).toEqual(Array(3).fill({ status: "pending", attempt: 1, restartsAt: undefined }));
    await supervisor.join();
    expect(tasks.map(seen)).toEqual(Array(3).fill({ status: "fulfilled", attempt: 1, restartsAt: undefined }));
  });

  it("attempt is the number of the latest run, and restartsAt the time of the next one while the task waits (V12)", async () => {
    const clock = new VirtualClock({ start: 5_000 });
    const { supervisor } = makeSupervisor({ clock });
    let runs = 0;
    const inRun: object[] = [];
    const task: Task<void> = supervisor.createTask(async (scope) => {
      await scope.sleep(10);
      inRun.push(seen(task));
      if (++runs < 3) throw new Error("no");
    }, slowly);
    const at = async (ms: number): Promise<object> => {
      await clock.advanceTo(5_000 + ms);
      return seen(task);
    };
    expect(await at(0)).toEqual({ status: "pending", attempt: 1, restartsAt: undefined });
    expect(await at(10)).toEqual({ status: "pending", attempt: 1, restartsAt: 5_110 });
    expect(await at(109)).toEqual({ status: "pending", attempt: 1, restartsAt: 5_110 });
    expect(await at(110)).toEqual({ status: "pending", attempt: 2, restartsAt: undefined });
    expect(await at(120)).toEqual({ status: "pending", attempt: 2, restartsAt: 5_320 });
    expect(await at(320)).toEqual({ status: "pending", attempt: 3, restartsAt: undefined });
    expect(await at(330)).toEqual({ status: "fulfilled", attempt: 3, restartsAt: undefined });
    expect(inRun).toEqual([1, 2, 3].map((attempt) => ({ status: "pending", attempt, restartsAt: undefined })));
    await supervisor.join();
  });

  it("attempt and restartsAt are right at the start of a run (V12)", async () => {
    const { supervisor } = makeSupervisor();
    const starts: object[] = [];
    const task: Task<void> = supervisor.createTask(async () => {
      if (starts.length === 0) await settled(); // `task` is not assigned before
      starts.push(seen(task));
      if (starts.length < 3) throw new Error("no");
    }, slowly);
    await supervisor.join();
    expect(starts).toEqual([1, 2, 3].map((attempt) => ({ status: "pending", attempt, restartsAt: undefined })));
  });

  it("restartsAt shows a wait also without a backoff: it ends now (V12)", async () => {
    const { supervisor, clock } = makeSupervisor({});
    let restartsAt: number | undefined;
    const task = supervisor.createTask(failing(1), onFailure);
    await new Promise<void>((resolve) => {
      const look = (): void => {
        restartsAt = task.restartsAt;
        if (restartsAt === undefined && !task.done) setImmediate(look);
        else resolve();
      };
      look();
    });
    expect(restartsAt).toBe(clock.now());
    await supervisor.join();
  });

  it("attempt stays the last run's number when the task has ended, and restartsAt is undefined, also in done-callbacks (V12)", async () => {
    const { supervisor } = makeSupervisor();
    const inCallback: object[] = [];
    const tasks = {
      fulfilled: supervisor.createTask(failing(2), slowly),
      givenUp: supervisor.createTask(failing(Infinity), onFailure),
      cancelledInRun: supervisor.createTask(async (scope) => {
        if (tasks.cancelledInRun.attempt === 2) tasks.cancelledInRun.cancel();
        await scope.checkpoint();
      }, always),
      cancelledInWait: supervisor.createTask(failing(Infinity), slowly),
    };
    for (const task of Object.values(tasks)) task.addDoneCallback((task) => inCallback.push(seen(task)));
    supervisor.createTask((scope) => scope.sleep(150).then(() => tasks.cancelledInWait.cancel()));
    await supervisor.join();
    const ends = Object.values(tasks).map(seen);
    expect(ends).toEqual([
      { status: "fulfilled", attempt: 3, restartsAt: undefined },
      { status: "rejected", attempt: 4, restartsAt: undefined },
      { status: "cancelled", attempt: 2, restartsAt: undefined },
      { status: "cancelled", attempt: 2, restartsAt: undefined },
    ]);
    expect(new Set(inCallback.map((each) => JSON.stringify(each)))).toEqual(
      new Set(ends.map((each) => JSON.stringify(each))),
    );
  });
});

describe("supervisor.stats() of tasks that are restarted", () => {
  const zeros: SupervisorStats = {
    running: 0,
    queued: 0,
    restarting: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    restarts: 0,
  };

  it("stats counts the tasks that wait to restart, and the runs that were started again (V12)", async () => {
    const clock = new VirtualClock();
    const { supervisor } = makeSupervisor({ clock, limit: 3 });
    expect(supervisor.stats()).toEqual(zeros);
    supervisor.createTask(failing(2), slowly);
    supervisor.createTask(failing(Infinity), slowly);
    supervisor.createTask((scope) => scope.sleep(150));
    supervisor.createTask(failing(0));
    expect(supervisor.stats()).toEqual({ ...zeros, running: 3, queued: 1 });
    await clock.advance(0);
    expect(supervisor.stats()).toEqual({ ...zeros, running: 1, queued: 1, restarting: 2 });
    await clock.advance(100);
    expect(supervisor.stats()).toEqual({ ...zeros, running: 1, queued: 1, restarting: 2, restarts: 2 });
    await clock.advance(50);
    expect(supervisor.stats()).toEqual({ ...zeros, restarting: 2, completed: 2, restarts: 2 });
    await clock.advance(150);
    expect(supervisor.stats()).toEqual({ ...zeros, restarting: 1, completed: 3, restarts: 4 });
    await supervisor.shutdown();
    expect(supervisor.stats()).toEqual({ ...zeros, completed: 3, cancelled: 1, restarts: 4 });
  });

  it("stats counts a task as running during each of its runs (V12)", async () => {
    const { supervisor } = makeSupervisor();
    const counts: SupervisorStats[] = [];
    await supervisor.createTask(async (scope) => {
      counts.push(supervisor.stats());
      await scope.checkpoint();
      if (counts.length < 3) throw new Error("no");
    }, onFailure);
    expect(counts).toEqual([0, 1, 2].map((restarts) => ({ ...zeros, running: 1, restarts })));
    await supervisor.join();
  });

  it("stats counts a failed task once, however many of its runs have failed (V12)", async () => {
    const { supervisor } = makeSupervisor();
    supervisor.createTask(failing(Infinity), onFailure);
    supervisor.createTask(failing(3), onFailure);
    await supervisor.join();
    expect(supervisor.stats()).toEqual({ ...zeros, failed: 1, completed: 1, restarts: 6 });
  });

  it("stats counts a task that is cancelled while it waits as cancelled, and not as a restart (V12)", async () => {
    const { supervisor } = makeSupervisor();
    const task = supervisor.createTask(failing(1), slowly);
    await settled();
    task.cancel();
    await supervisor.join();
    expect(supervisor.stats()).toEqual({ ...zeros, cancelled: 1 });
  });
});

it("a task that waits to restart says so in the tree and in a snapshot, and only then (C3)", async () => {
  const clock = new VirtualClock();
  const supervisor = new Supervisor({ clock, name: "pool", onError: () => {} });
  let runs = 0;
  supervisor.createTask(
    async (scope) => {
      if (++runs === 1) throw new Error("no database");
      await scope.sleep(50);
    },
    { ...slowly, name: "poller" },
  );
  const status = (): string | undefined => describeTree(supervisor.scope).split("\n")[1];
  expect(status()).toBe('  task "poller": running');
  expect(describeTree(supervisor.scope).split("\n")[2]).toBe('    scope "run": live');
  await clock.advance(50);
  expect(status()).toBe('  task "poller": waiting to restart');
  expect(snapshot(supervisor.scope).containers[0]?.tasks[0]?.status).toBe("waiting to restart");
  await clock.advance(50);
  expect(status()).toBe('  task "poller": running');
  await clock.advance(50);
  expect(supervisor.size).toBe(0);
  await supervisor.shutdown();
});
