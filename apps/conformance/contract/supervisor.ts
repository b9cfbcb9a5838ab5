import { CancelledError, CancelScope, ClosedError, type Task } from "@selvage/scope";
import { RestartLimitError, Supervisor } from "@selvage/supervisor";
import { sequence, settled, VirtualClock } from "@selvage/testing";
import { assert } from "chai";
import {
  type Check,
  collectGarbage,
  rejection,
  suite,
  takeUncaught,
  thrown,
  turn,
  needsRuntimeAlone,
} from "./harness.js";

const a = new TypeError("a");
const fail = (error: unknown) => () => Promise.reject(error);
const ignore = (): void => {};

export const supervisor: readonly Check[] = suite("@selvage/supervisor", (check) => {
  check("V1", "a failure affects neither siblings nor the body", async () => {
    const value = await Supervisor.run(
      async (owner) => {
        const sibling = owner.createTask(async (scope) => (await scope.checkpoint(), "sibling"));
        owner.createTask(fail(a));
        return await sibling;
      },
      { onError: ignore },
    );
    assert.strictEqual(value, "sibling");
  });

  check("V1", "a task that has ended is released at once", async () => {
    const owner = new Supervisor({ onError: ignore });
    const tasks: WeakRef<object>[] = [];
    for (let times = 0; times < 200; times++) {
      tasks.push(new WeakRef(owner.createTask(times % 2 === 0 ? ignore : fail(a))));
      await turn();
    }
    await collectGarbage();
    assert.isAtMost(tasks.filter((task) => task.deref() !== undefined).length, 20, "of 200 tasks that have ended");
    assert.include(owner.stats(), { running: 0, queued: 0, completed: 100, failed: 100, cancelled: 0 });
    await owner.shutdown();
  });

  check("V2", "every failure is passed to onError once, with its task; cancelled tasks are not", async () => {
    const reported: [unknown, string][] = [];
    await Supervisor.run(
      (owner) => {
        owner.createTask(fail(a), { name: "failing" });
        owner.createTask((scope) => scope.sleep(Infinity)).cancel();
      },
      { onError: (error, { name }) => reported.push([error, name]) },
    );
    assert.deepEqual(reported, [[a, "failing"]]);
  });

  check("V2", "without a handler a failure is printed with the task's name", async () => {
    needsRuntimeAlone();
    const { error: real } = console;
    const printed: unknown[][] = [];
    console.error = (...args) => void printed.push(args);
    try {
      await Supervisor.run((owner) => void owner.createTask(fail(a), { name: "failing" }));
    } finally {
      console.error = real;
    }
    assert.lengthOf(printed, 1);
    assert.include(String(printed[0]![0]), "failing");
    assert.include(String(printed[0]![0]), a.message);
  });

  check("V2", "the error of a handler that throws is uncaught, and the other tasks run on", async () => {
    const thrownByHandler = new Error("the handler failed");
    const owner = new Supervisor({
      onError: () => {
        throw thrownByHandler;
      },
    });
    owner.createTask(fail(a));
    const sibling = owner.createTask(async (scope) => (await scope.checkpoint(), "sibling"));
    assert.strictEqual(await sibling, "sibling");
    await owner.shutdown();
    assert.deepEqual(await takeUncaught(), [thrownByHandler]);
  });

  check("V3", "a task may be created from anywhere, and lives below the supervisor's scope", async () => {
    const owner = new Supervisor();
    const created: Task<void>[] = [];
    await CancelScope.run(async (stranger) => {
      setTimeout(() => created.push(owner.createTask((scope) => scope.sleep(Infinity))), 0);
      while (created.length === 0) await stranger.checkpoint();
    });
    assert.deepEqual([...owner.tasks], created);
    owner.scope.cancel("why");
    assert.strictEqual(created[0]!.scope.reason, owner.scope.reason);
    await owner.shutdown();
  });

  check("V3", "createTask starts nothing if the supervisor's scope was cancelled without a shutdown", async () => {
    const parent = new CancelScope();
    const owner = new Supervisor({ parent });
    parent.cancel();
    assert.strictEqual(
      thrown(() => owner.createTask(ignore)),
      parent.reason,
    );
    await owner.join();
    parent.close();
  });

  check("V4", "shutdown refuses new tasks, lets tasks end within the grace, cancels the rest, and waits", async () => {
    const clock = new VirtualClock();
    const owner = new Supervisor({ clock, onError: ignore });
    owner.createTask((scope) => scope.sleep(5));
    owner.createTask((scope) => scope.sleep(Infinity));
    owner.createTask((scope) => scope.sleep(5).then(fail(a)));
    const shutdown = owner.shutdown({ grace: 10 });
    assert.instanceOf(
      thrown(() => owner.createTask(ignore)),
      ClosedError,
    );
    await clock.advance(10);
    assert.deepEqual(await shutdown, { completed: 1, failed: 1, cancelled: 1, abandoned: [], elapsed: 10 });
  });

  check("V4", "a later call of shutdown may shorten the time left, and all callers share one shutdown", async () => {
    const clock = new VirtualClock();
    const owner = new Supervisor({ clock });
    owner.createTask((scope) => scope.sleep(Infinity));
    const patient = owner.shutdown({ grace: 60_000 });
    await clock.advance(1);
    const hurried = owner.shutdown();
    assert.deepEqual(await patient, await hurried);
    assert.strictEqual((await patient).elapsed, 1);
  });

  check("V4", "leaving a block of await using shuts the supervisor down", async () => {
    let task!: Task<void>;
    {
      await using owner = new Supervisor();
      task = owner.createTask((scope) => scope.sleep(Infinity));
    }
    assert.strictEqual(task.status, "cancelled");
  });

  check("V5", "a task that is left at the timeout is named, and its later failure is still reported", async () => {
    const step = sequence(1);
    const reported: unknown[] = [];
    const owner = new Supervisor({ onError: (error) => reported.push(error) });
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    owner.createTask(() => released.then(fail(a)), { name: "deaf" });
    const report = await owner.shutdown({ timeout: 5 });
    assert.deepEqual(report.abandoned, ["deaf"]);
    assert.deepEqual(reported, []);
    release();
    await step(0);
    await settled();
    assert.deepEqual(reported, [a]);
  });

  check("V6", "a task may shut its supervisor down, and does not wait for other requesters", async () => {
    const owner = new Supervisor();
    const reports: number[] = [];
    for (let requester = 0; requester < 2; requester++) {
      owner.createTask(async (scope) => {
        await scope.checkpoint();
        const shield = new CancelScope({ parent: scope, shield: true });
        reports.push((await owner.shutdown({ requestedBy: shield, grace: Infinity })).completed);
        shield.close();
      });
    }
    owner.createTask(ignore);
    await owner.join();
    assert.lengthOf(reports, 2);
  });

  check("V7", "run waits for the tasks when the body ends", async () => {
    let ended = false;
    const value = await Supervisor.run((owner) => {
      owner.createTask(async (scope) => {
        await scope.checkpoint();
        ended = true;
      });
      return "value";
    });
    assert.strictEqual(value, "value");
    assert.isTrue(ended);
  });

  check("V7", "run cancels the tasks when the body throws, and throws its error bare", async () => {
    let status: string | undefined;
    const error = await rejection(
      Supervisor.run((owner) => {
        owner.createTask((scope) => scope.sleep(Infinity)).addDoneCallback((task) => (status = task.status));
        throw a;
      }),
    );
    assert.strictEqual(error, a);
    assert.strictEqual(status, "cancelled");
  });

  check("V7", "run returns undefined when a shutdown from elsewhere interrupts the body", async () => {
    const value = await Supervisor.run(async (owner) => {
      setTimeout(() => void owner.shutdown(), 0);
      await owner.scope.sleep(Infinity);
      return "late";
    });
    assert.isUndefined(value);
  });

  check("V7", "run rejects with the cancellation of an outer owner", async () => {
    const parent = new CancelScope();
    const running = Supervisor.run((owner) => void owner.createTask((scope) => scope.sleep(Infinity)), { parent });
    parent.cancel();
    assert.strictEqual(await rejection(running), parent.reason);
  });

  check("V8", "a fatal error shuts the supervisor down, is reported, and is thrown", async () => {
    const reported: unknown[] = [];
    const running = Supervisor.run(
      async (owner) => {
        owner.createTask(fail(a));
        await owner.scope.sleep(Infinity);
      },
      { isFatal: (error) => error === a, onError: (error) => reported.push(error) },
    );
    assert.strictEqual(await rejection(running), a);
    assert.deepEqual(reported, [a]);
  });

  check("V9", "a failed task is restarted after increasing waits", async () => {
    const clock = new VirtualClock();
    const owner = new Supervisor({ clock, onError: ignore });
    const starts: number[] = [];
    const task = owner.createTask(
      () => {
        starts.push(clock.now());
        if (starts.length < 4) throw a;
        return "recovered";
      },
      {
        restart: {
          when: "on-failure",
          maxRestarts: 5,
          within: 60_000,
          backoff: { initial: 10, factor: 2, max: 30, jitter: false },
        },
      },
    );
    await clock.advance(1_000);
    assert.deepEqual(starts, [0, 10, 30, 60]);
    assert.strictEqual(task.result(), "recovered");
    await owner.shutdown();
  });

  check("V9", "a task over its restart limit fails with a RestartLimitError", async () => {
    const reported: unknown[] = [];
    const owner = new Supervisor({ onError: (error) => reported.push(error) });
    const task = owner.createTask(fail(a), { restart: { when: "always", maxRestarts: 2, within: 60_000 } });
    const error = (await rejection(task)) as Error;
    assert.instanceOf(error, RestartLimitError);
    assert.strictEqual(error.name, "RestartLimitError");
    assert.strictEqual(error.cause, a);
    await owner.shutdown();
    assert.deepEqual(reported, [a, a, a, error]);
  });

  check("V9", "a cancelled task is not restarted, and a wait for a restart ends at once", async () => {
    const owner = new Supervisor({ onError: ignore });
    let starts = 0;
    const task = owner.createTask(
      () => {
        starts++;
        throw a;
      },
      {
        restart: {
          when: "always",
          maxRestarts: 5,
          within: 60_000,
          backoff: { initial: 60_000, factor: 1, max: 60_000, jitter: false },
        },
      },
    );
    await settled();
    task.cancel();
    assert.isTrue((await rejection(task)) instanceof CancelledError);
    assert.strictEqual(starts, 1);
    await owner.shutdown();
  });

  check("V4", "a shutdown goes stage by stage, and each task has its own grace", async () => {
    const clock = new VirtualClock();
    const owner = new Supervisor({ clock });
    const log: string[] = [];
    const until = (what: string) => async (scope: CancelScope) => {
      await scope.sleep(Infinity).finally(() => log.push(`${clock.now()} ${what}`));
    };
    owner.onShutdown((reason) => log.push(`${clock.now()} ${String(reason)}, stopping: ${owner.stopping}`));
    owner.createTask(until("pool"), { stage: 1, grace: 0 });
    const request = owner.createTask(until("request"));
    owner.createTask(until("poller"), { grace: 0 });
    const shutdown = owner.shutdown({ grace: 10, reason: "why" });
    assert.strictEqual(request.scope.effectiveDeadline, 10);
    await clock.advance(9);
    assert.deepEqual(log, ["0 why, stopping: true", "0 poller"]);
    assert.isFalse(owner.scope.cancelled);
    await clock.advance(1);
    assert.deepEqual(log.slice(2), ["10 request", "10 pool"]);
    assert.deepEqual(await shutdown, { completed: 0, failed: 0, cancelled: 3, abandoned: [], elapsed: 10 });
  });

  check("V11", "with drain, a cancellation of the parent begins a shutdown", async () => {
    const clock = new VirtualClock({ autojump: true });
    const parent = new CancelScope({ clock, deadline: 5 });
    const running = Supervisor.run(
      async (owner) => {
        const request = owner.createTask((scope) => scope.sleep(20));
        assert.strictEqual(request.scope.effectiveDeadline, Infinity);
        await owner.scope.sleep(Infinity).catch(() => {});
        return [request.status, clock.now()];
      },
      { parent, drain: { grace: 100 } },
    );
    assert.deepEqual(await running, ["fulfilled", 20]);
    assert.isTrue(parent.cancelled);
    parent.close();
  });

  check("V12", "stats count restarts, and a task has its attempt and the time of its restart", async () => {
    const clock = new VirtualClock();
    const reported: unknown[] = [];
    const owner = new Supervisor({ clock, onError: (error, _, info) => reported.push([error, info]) });
    const restart = { when: "on-failure", maxRestarts: 1, within: 60_000, backoff: { jitter: false } } as const;
    const ready = owner.start<string>(
      async (scope, started) => {
        if (reported.length === 0) throw a;
        started("ready");
        await scope.sleep(Infinity);
      },
      { restart },
    );
    await settled();
    const [task] = owner.tasks;
    assert.include(owner.stats(), { running: 0, restarting: 1, restarts: 0 });
    assert.deepEqual([task!.attempt, task!.restartsAt], [1, 1_000]);
    await clock.advance(1_000);
    assert.strictEqual(await ready, "ready");
    assert.include(owner.stats(), { running: 1, restarting: 0, restarts: 1 });
    assert.deepEqual([task!.attempt, task!.restartsAt], [2, undefined]);
    assert.deepEqual(reported, [[a, { attempt: 1, restartsIn: 1_000 }]]);
    await owner.shutdown();
  });
});
