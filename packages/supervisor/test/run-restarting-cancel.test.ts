/** A task is never run again once it is cancelled, whatever else happens in the same turn (V9). */
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, Supervisor, type SupervisorOptions, type Task } from "../src/index.js";
import { always, failing, makeSupervisor, onFailure, policy, slowly, WatchedClock } from "./restarts.js";

describe("a task with a restart policy that is cancelled", () => {
  it("task.cancel during a run prevents a restart (V9, K5)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask((scope) => {
      runs++;
      return scope.sleep(Infinity);
    }, always);
    task.cancel("enough");
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect(task.scope.reason?.cause).toBe("enough");
    expect({ runs, reported }).toEqual({ runs: 1, reported: [] });
    expect(supervisor.stats()).toMatchObject({ cancelled: 1, failed: 0 });
  });

  it("a task that is cancelled while it waits to restart ends at once (V9)", async () => {
    const { supervisor, clock, reported } = makeSupervisor();
    const task = supervisor.createTask(failing(1), slowly);
    await supervisor.createTask((scope) => scope.sleep(30).then(() => task.cancel("enough")));
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect(task.scope.reason?.cause).toBe("enough");
    expect(clock.now()).toBe(30);
    expect(reported).toEqual([new Error("run 1")]);
  });

  it("a cancelled task that returns all the same keeps its value, and is not restarted (V9, K2)", async () => {
    const { supervisor } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask(async (scope) => {
      runs++;
      await scope.sleep(Infinity).catch(() => {});
      return "tidied up";
    }, always);
    task.cancel();
    expect(await task).toBe("tidied up");
    expect(runs).toBe(1);
    await supervisor.join();
  });

  it("a cancelled task that fails while it unwinds has failed, is reported once, and is not restarted (V9, K2)", async () => {
    const { supervisor, reported, infos } = makeSupervisor();
    const error = new Error("cleanup");
    let runs = 0;
    const task = supervisor.createTask((scope) => {
      runs++;
      return scope.sleep(Infinity).catch(() => Promise.reject(error));
    }, onFailure);
    task.cancel();
    await supervisor.join();
    expect(task.exception()).toBe(error);
    expect({ runs, reported }).toEqual({ runs: 1, reported: [error] });
    expect(infos).toEqual([{ attempt: 1, restartsIn: undefined }]);
  });

  it("a cancelled task keeps the error with which the run ended in raised, as a task without a policy does (V9, S15)", async () => {
    const { supervisor } = makeSupervisor();
    const abort = new DOMException("The operation was aborted.", "AbortError");
    const aborting = (scope: CancelScope): Promise<never> =>
      new Promise((_, reject) => scope.onCancel(() => reject(abort)));
    const settling = (scope: CancelScope): Promise<never> =>
      scope.settle(new Promise((_, reject) => scope.onCancel(() => reject(new TypeError("torn down")))));
    for (const options of [undefined, always]) {
      const tasks = [supervisor.createTask(aborting, options), supervisor.createTask(settling, options)];
      for (const task of tasks) task.cancel();
      await Promise.allSettled(tasks);
      expect(tasks.map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
      expect(tasks[0]!.raised).toBe(abort);
      expect(tasks[1]!.raised).toEqual(new TypeError("torn down"));
    }
    await supervisor.join();
  });

  it("a task that its own run cancels is not restarted, and has the run's reason (V9, S7)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let runs = 0;
    let reason: unknown;
    const task = supervisor.createTask((scope) => {
      runs++;
      scope.cancel("had enough");
      reason = scope.reason;
      return scope.sleep(Infinity);
    }, always);
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect(task.scope.reason).toBe(reason);
    expect(task.scope.reason?.cause).toBe("had enough");
    expect(task.raised).toBe(reason);
    expect({ runs, reported }).toEqual({ runs: 1, reported: [] });
  });

  it("a task whose run cancels it and then returns or fails is not restarted either (V9, K2)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const error = new Error("cleanup");
    let runs = 0;
    const returned = supervisor.createTask((scope) => (scope.cancel(), ++runs), always);
    const failed = supervisor.createTask((scope) => {
      scope.cancel();
      runs++;
      throw error;
    }, always);
    await supervisor.join();
    expect([returned.status, failed.status]).toEqual(["fulfilled", "rejected"]);
    expect({ runs, reported }).toEqual({ runs: 2, reported: [error] });
  });

  it("a task that its own run cancels, then the outside with another reason, ends cancelled with the outside's (V9, S2)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask(async (scope) => {
      await scope.checkpoint();
      runs++;
      scope.cancel("mine");
      task.cancel("theirs");
      throw new Error("wrapped", { cause: scope.reason });
    }, always);
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect(task.scope.reason?.cause).toBe("theirs");
    expect({ runs, reported }).toEqual({ runs: 1, reported: [] });
  });

  it("a task cancelled by a deadline that a run sets is not restarted (V9, S9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const task = supervisor.createTask((scope) => {
      scope.deadline = clock.now() + 10;
      return scope.sleep(Infinity);
    }, always);
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect(clock.now()).toBe(10);
  });

  it("a task that an outer owner cancels is not restarted, and join rejects with that owner's error (V9, V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    using outer = new CancelScope({ clock });
    const { supervisor, reported } = makeSupervisor({ parent: outer, clock });
    const resting = supervisor.createTask(failing(1), slowly);
    await settled();
    outer.cancel();
    await expect(supervisor.join()).rejects.toBe(outer.reason);
    expect(resting.status).toBe("cancelled");
    expect(reported).toEqual([new Error("run 1")]);
  });

  it("a task that an outer owner cancels while it runs has cancelCalled false (V9, S1)", async () => {
    const { supervisor } = makeSupervisor();
    const task = supervisor.createTask((scope) => scope.sleep(Infinity), always);
    supervisor.scope.cancel();
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect(task.scope.reason).toBe(supervisor.scope.reason);
    expect(task.scope.cancelCalled).toBe(false);
  });

  it("a queued task that is cancelled before its first run never starts, and is not restarted (V9, T8)", async () => {
    const { supervisor } = makeSupervisor({ limit: 1 });
    const first = supervisor.createTask((scope) => scope.sleep(10));
    const queued = supervisor.createTask(() => expect.unreachable(), onFailure);
    queued.cancel();
    await first;
    await supervisor.join();
    expect(queued.status).toBe("cancelled");
  });
});

/** A supervisor with a task that has failed and waits to restart, and the action that ends the task. */
interface Scene {
  readonly supervisor: Supervisor;
  readonly parent: CancelScope;
  readonly task: Task<unknown>;
  readonly clock: WatchedClock;
}

const DEADLINE = 50_000;

/** Everything after which the task is not run again. */
const ends: [string, (scene: Scene) => unknown, SupervisorOptions?][] = [
  ["task.cancel()", ({ task }) => task.cancel()],
  ["a cancel of the supervisor's scope", ({ supervisor }) => supervisor.scope.cancel()],
  ["a cancel of the parent", ({ parent }) => parent.cancel()],
  ["a deadline that passes while no timer fires", ({ clock }) => clock.skip(DEADLINE)],
  ["a deadline set to now", ({ task, clock }) => (task.scope.deadline = clock.now())],
  ["a shutdown without grace", ({ supervisor }) => supervisor.shutdown()],
  ["a shutdown with grace", ({ supervisor }) => supervisor.shutdown({ grace: 60_000 })],
  ["a shutdown that abandons", ({ supervisor }) => supervisor.shutdown({ timeout: 0 })],
  ["a drain", ({ parent }) => parent.cancel(), { drain: { grace: 60_000 } }],
];
const waits: [string, object][] = [
  ["a wait with a backoff", slowly],
  ["a turn without a backoff", onFailure],
];

/** Starts a task whose every run fails, and records its runs. */
function makeScene(
  options: object,
  more: SupervisorOptions = {},
  fn?: () => Promise<never>,
): Scene & { log: string[] } {
  const clock = new WatchedClock();
  const log: string[] = [];
  const parent = new CancelScope({ clock, deadline: DEADLINE });
  const supervisor = new Supervisor({ parent, onError: () => {}, ...more });
  const task = supervisor.createTask(() => {
    log.push("run");
    return fn === undefined ? Promise.reject(new Error("no")) : fn();
  }, options);
  return { supervisor, parent, task, clock, log };
}

/** Checks that the wait was the last thing that the task did. */
async function expectNoFurtherRun({ supervisor, parent, task, clock, log }: Scene & { log: string[] }): Promise<void> {
  const end = log.indexOf("end");
  await clock.advance(5_000);
  await settled();
  expect(log.slice(end)).toEqual(["end"]);
  expect(task.done).toBe(true);
  expect(supervisor.stats()).toMatchObject({ running: 0, queued: 0, restarting: 0, restarts: end - 1 });
  await supervisor.join().catch(() => {});
  parent.close();
}

describe.each(waits)("a task at the end of %s", (_, options) => {
  it.each(ends)(
    "a task is not run again after %s, however few microtasks after the end of the wait (V9)",
    async (_, end, more) => {
      const runs: number[] = [];
      for (let microtasks = 0; microtasks < 12; microtasks++) {
        const scene = makeScene(options, more);
        const comes = (after: number): void => {
          if (after > 0) return queueMicrotask(() => comes(after - 1));
          scene.log.push("end");
          end(scene);
        };
        if (options === slowly) await settled();
        scene.clock.afterNext = () => comes(microtasks);
        await scene.clock.advance(100);
        runs.push(scene.log.indexOf("end"));
        await expectNoFurtherRun(scene);
      }
      expect(runs[0]).toBe(1); // it came before the next run
      expect(runs.at(-1)).toBe(2); // and at last after it
    },
  );
});

describe("a task that waits to restart", () => {
  it.each(ends)(
    "a task that waits to restart is not run again after %s in the turn in which the wait ends, just before (V9)",
    async (_, end, more) => {
      const scene = makeScene(slowly, more);
      scene.clock.setTimer(() => {
        scene.log.push("end");
        end(scene);
      }, 100); // set before the timer of the wait
      await settled();
      await scene.clock.advance(100);
      expect(scene.log).toEqual(["run", "end"]);
      await expectNoFurtherRun(scene);
    },
  );

  it.each([
    ["set before the wait", 0],
    ["set after the wait", 1],
  ])(
    "a task that waits to restart is not run again if a deadline %s passes at the end of the wait (V9, S9, C1)",
    async (_, order) => {
      const clock = new VirtualClock();
      const supervisor = new Supervisor({ clock, onError: () => {} });
      let runs = 0;
      const task = supervisor.createTask(async () => {
        runs++;
        throw new Error("no");
      }, slowly);
      if (order === 0) task.scope.deadline = 100;
      await settled();
      if (order === 1) task.scope.deadline = 100;
      await clock.advance(1_000);
      expect({ runs, status: task.status }).toEqual({ runs: 1, status: "cancelled" });
      expect(task.scope.reason?.scope).toBe(task.scope);
      await supervisor.join();
    },
  );

  it.each(["before", "after"])(
    "a task is not run again if a task that ends with its wait and %s it cancels it when done (V9)",
    async (order) => {
      const clock = new VirtualClock();
      const supervisor = new Supervisor({ clock, onError: () => {} });
      let runs = 0;
      const sibling = (): Task<void> => supervisor.createTask((scope) => scope.sleep(100));
      const before = order === "before" ? sibling() : undefined;
      const task = supervisor.createTask(async () => {
        runs++;
        throw new Error("no");
      }, slowly);
      await settled();
      // The timer fires first, or second.
      const other = before ?? sibling();
      let runsThen: number | undefined;
      other.addDoneCallback(() => {
        runsThen = runs;
        task.cancel();
      });
      await clock.advance(1_000);
      expect(runs).toBe(runsThen);
      expect(task.status).toBe("cancelled");
      await supervisor.join();
    },
  );
});

describe.each(waits)("a task whose run has failed, before %s", (_, options) => {
  it.each(ends)("a task whose run has failed is not run again after %s by onError (V9)", async (_, end, more) => {
    const infos: (number | undefined)[] = [];
    const scene: Scene & { log: string[] } = makeScene(options, {
      ...more,
      onError: (_error, _task, { restartsIn }) => {
        infos.push(restartsIn);
        scene.log.push("end");
        end(scene);
      },
    });
    await settled();
    expect(scene.log).toEqual(["run", "end"]);
    expect(scene.task.done).toBe(true); // at once
    expect(infos).toEqual([options === slowly ? 100 : 0]);
    await expectNoFurtherRun(scene);
  });

  it.each(ends)(
    "a task whose run has failed is not run again after %s by a microtask of onError (V9)",
    async (_, end, more) => {
      const scene: Scene & { log: string[] } = makeScene(options, {
        ...more,
        onError: () => {
          queueMicrotask(() => {
            scene.log.push("end");
            end(scene);
          });
        },
      });
      await settled();
      expect(scene.log).toEqual(["run", "end"]);
      await expectNoFurtherRun(scene);
    },
  );
});

describe("the source of randomness of a backoff", () => {
  it.each(ends)(
    "a source of randomness may lead to %s: the failure is reported with no restart to come, and none comes (V9, V2)",
    async (_, end, more) => {
      const reported: unknown[] = [];
      const jitter = (): number => {
        scene.log.push("end");
        end(scene);
        return 1;
      };
      const restart = policy({ backoff: { initial: 100, jitter } });
      const scene: Scene & { log: string[] } = makeScene(
        { restart },
        {
          ...more,
          onError: (error, task, { restartsIn }) => reported.push([error, task === scene.task, restartsIn]),
        },
      );
      await settled();
      await expectNoFurtherRun(scene);
      expect(reported).toEqual([[new Error("no"), true, undefined]]);
    },
  );
});
