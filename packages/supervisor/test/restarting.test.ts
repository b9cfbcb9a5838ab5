import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it, vi } from "vitest";
import {
  CancelScope,
  InvalidStateError,
  RestartLimitError,
  type RestartPolicy,
  Supervisor,
  type SupervisorOptions,
  type Task,
} from "../src/index.js";

const HOUR = 3_600_000;
const policy = (changes: Partial<RestartPolicy> = {}): RestartPolicy => ({
  when: "on-failure",
  maxRestarts: 3,
  within: 1_000,
  ...changes,
});
const onFailure = { restart: policy() };
const slowly = { restart: policy({ backoff: { initial: 100, factor: 2, max: 10_000 } }) };

/** A supervisor on virtual time that writes down what it is told, and when. */
function makeSupervisor(options: SupervisorOptions = {}) {
  const clock = new VirtualClock({ autojump: true });
  const told: unknown[] = [];
  const tasks = new Set<Task<unknown>>();
  const supervisor = new Supervisor({
    clock,
    ...options,
    onError: (error, task) => {
      told.push(error);
      tasks.add(task);
      options.onError?.(error, task);
    },
  });
  return { supervisor, clock, told, tasks };
}

/** Fails so often, then returns. */
function failing(times: number): (scope: CancelScope) => Promise<string> {
  let run = 0;
  return async (scope) => {
    await scope.checkpoint();
    if (run++ < times) throw new Error(`run ${run}`);
    return `run ${run}`;
  };
}

describe("a task that is restarted on failure", () => {
  it("runs again until it returns: one Task for all runs, with the last one's value (V9)", async () => {
    const { supervisor, told, tasks } = makeSupervisor();
    const task = supervisor.createTask(failing(2), onFailure);
    expectTypeOf(task).toEqualTypeOf<Task<string>>();
    expect(await task).toBe("run 3");
    expect(told).toEqual([new Error("run 1"), new Error("run 2")]);
    expect([...tasks]).toEqual([task]);
    expect(supervisor.stats()).toEqual({ running: 0, queued: 0, completed: 1, failed: 0, cancelled: 0 });
    await supervisor.join();
  });

  it("starts its first run in createTask, and the others in turns of the event loop (V9, K1)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const starts: number[] = [];
    const task = supervisor.createTask(() => {
      starts.push(clock.now());
      if (starts.length < 3) throw new Error("at once");
    }, onFailure);
    expect(starts).toEqual([0]);
    await task;
    expect(starts).toEqual([0, 0, 0]);
    await supervisor.join();
  });

  it("tells onError of each failed run once, synchronously, while the task is pending (V9, V2)", async () => {
    const statuses: string[] = [];
    const { supervisor, told } = makeSupervisor({ onError: (_, task) => statuses.push(task.status) });
    await supervisor.createTask(failing(3), onFailure);
    expect(told).toHaveLength(3);
    expect(statuses).toEqual(["pending", "pending", "pending"]);
    await supervisor.join();
  });

  it("prints each failed run where there is no handler (V9, V2)", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    try {
      const supervisor = new Supervisor({ clock: new VirtualClock({ autojump: true }) });
      await supervisor.createTask(failing(2), { ...onFailure, name: "poller" });
      await supervisor.join();
      expect(print.mock.calls).toEqual([
        ['Task "poller" of a supervisor failed:', new Error("run 1")],
        ['Task "poller" of a supervisor failed:', new Error("run 2")],
      ]);
    } finally {
      print.mockRestore();
    }
  });

  it("hands each run a scope of its own, below the task's (V9)", async () => {
    const { supervisor } = makeSupervisor();
    const scopes: CancelScope[] = [];
    const task = supervisor.createTask(async (scope) => {
      scopes.push(scope);
      if (scopes.length < 2) throw new Error("again");
    }, onFailure);
    await task;
    expect(new Set([...scopes, task.scope]).size).toBe(3);
    await supervisor.join();
  });

  it("goes by the function's name, and by the one given (C3)", async () => {
    const { supervisor } = makeSupervisor();
    const odd = Object.defineProperty(() => {}, "name", { value: 5 });
    const tasks = [
      supervisor.createTask(function poll() {}, onFailure),
      supervisor.createTask(function poll() {}, { ...onFailure, name: "poller" }),
      supervisor.createTask(() => {}, onFailure),
      supervisor.createTask(odd, onFailure),
    ];
    expect(tasks.map(({ name }) => name)).toEqual(["poll", "poller", "anonymous", "anonymous"]);
    await supervisor.join();
  });

  it("is not touched by its siblings' failures, nor touches them (V1)", async () => {
    const { supervisor } = makeSupervisor();
    const plain = supervisor.createTask((scope) => scope.sleep(50).then(() => "here"));
    const restarted = supervisor.createTask(failing(2), slowly);
    supervisor.createTask(() => Promise.reject(new Error("sibling")));
    expect([await plain, await restarted]).toEqual(["here", "run 3"]);
    await supervisor.join();
  });

  it("keeps its place under a limit while it waits: it counts as live (V9, T8)", async () => {
    const { supervisor, clock } = makeSupervisor({ limit: 1 });
    supervisor.createTask(failing(1), slowly);
    const next = supervisor.createTask(() => clock.now());
    await settled();
    expect(await next).toBe(100);
    await supervisor.join();
  });
});

describe("a task that is always restarted", () => {
  it("runs again after it returned as well, and fails without a cause when that is too often (V9)", async () => {
    const { supervisor, told } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask(() => ++runs, { restart: policy({ when: "always" }) });
    await supervisor.join();
    expect(runs).toBe(4);
    expect(task.exception()).toBeInstanceOf(RestartLimitError);
    expect((task.exception() as Error).message).toBe('task "anonymous" ended again after 3 restarts within 1000 ms');
    expect((task.exception() as Error).cause).toBeUndefined();
    expect(told).toEqual([task.exception()]);
  });

  it("is a service that goes on for ever where its runs are long (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask(
      async (scope) => {
        await scope.sleep(HOUR);
        if (++runs === 100) task.cancel();
      },
      { restart: policy({ when: "always", maxRestarts: 1 }) },
    );
    await supervisor.join();
    expect(task.status).toBe("fulfilled"); // its last run returned
    expect(clock.now()).toBe(100 * HOUR);
  });
});

describe("the limit of restarts", () => {
  it("makes the task fail with RestartLimitError, the last run's error as its cause; onError hears of both (V9)", async () => {
    const { supervisor, told } = makeSupervisor();
    const task = supervisor.createTask(failing(Infinity), onFailure);
    await supervisor.join();
    const error = task.exception() as RestartLimitError;
    expect(error).toBeInstanceOf(RestartLimitError);
    expect(error.message).toBe('task "anonymous" ended again after 3 restarts within 1000 ms');
    expect(error.cause).toEqual(new Error("run 4"));
    expect(told).toEqual([1, 2, 3, 4].map((run) => new Error(`run ${run}`)).concat(error));
    expect(supervisor.stats()).toMatchObject({ failed: 1, completed: 0 });
  });

  it("of 0 restarts never (V9)", async () => {
    const { supervisor, told } = makeSupervisor();
    const never = { restart: policy({ maxRestarts: 0 }) };
    const task = supervisor.createTask(failing(1), never);
    const well = supervisor.createTask(failing(0), never);
    await supervisor.join();
    expect(well.result()).toBe("run 1");
    expect(told).toEqual([new Error("run 1"), task.exception()]);
    expect(task.exception()).toMatchObject({ name: "RestartLimitError", cause: new Error("run 1") });
  });

  it("is of a window that slides: a task that ran for an hour and then fails is restarted (V9)", async () => {
    const { supervisor, clock, told } = makeSupervisor();
    let run = 0;
    const task = supervisor.createTask(
      async (scope) => {
        run++;
        if (run === 3) await scope.sleep(HOUR);
        if (run < 6) throw new Error(`run ${run}`);
        return "well in the end";
      },
      { restart: policy({ maxRestarts: 3 }) },
    );
    expect(await task).toBe("well in the end");
    expect(told).toHaveLength(5);
    expect(clock.now()).toBe(HOUR);
    await supervisor.join();
  });

  it("lets a task fail every now and then, for ever (V9)", async () => {
    const { supervisor, told } = makeSupervisor();
    let run = 0;
    const task = supervisor.createTask(
      async (scope) => {
        await scope.sleep(501);
        if (++run < 500) throw new Error("now and then");
      },
      { restart: policy({ maxRestarts: 2 }) },
    );
    await task;
    expect(told).toHaveLength(499);
    await supervisor.join();
  });
});

describe("the wait before a restart", () => {
  it("grows from run to run, on the supervisor's clock (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const starts: number[] = [];
    const task = supervisor.createTask(
      () => {
        starts.push(clock.now());
        if (starts.length < 5) throw new Error("again");
      },
      { restart: policy({ maxRestarts: 10, backoff: { initial: 100, factor: 2, max: 300 } }) },
    );
    await task;
    expect(starts).toEqual([0, 100, 300, 600, 900]);
    await supervisor.join();
  });

  it("counts as live (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const task = supervisor.createTask(failing(1), slowly);
    const seen: unknown[] = [];
    supervisor.createTask(async (scope) => {
      await scope.sleep(50);
      seen.push(task.status, supervisor.size, supervisor.stats().running, [...supervisor.tasks].includes(task));
    });
    await task;
    expect(seen).toEqual(["pending", 2, 2, true]);
    expect(clock.now()).toBe(100);
    await supervisor.join();
  });

  it("leaves no timer, however it ends (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    await supervisor.createTask(failing(1), slowly);
    const resting = supervisor.createTask(failing(1), slowly);
    supervisor.createTask((scope) => scope.sleep(50).then(() => resting.cancel()));
    await supervisor.join();
    expect(clock.pending).toBe(0);
  });

  it("is jittered by the policy's source of randomness, asked once for each restart (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const shares = [0.5, 0, 1];
    const backoff = { initial: 100, factor: 2, max: 10_000, jitter: () => shares.shift()! };
    await supervisor.createTask(failing(3), { restart: policy({ backoff }) });
    expect(clock.now()).toBe(50 + 0 + 400);
    expect(shares).toEqual([]);
    await supervisor.join();
  });

  it("fails the task where that source fails, after onError was told of the run (V9)", async () => {
    const { supervisor, told } = makeSupervisor();
    const error = new Error("no entropy");
    const jitter = (): number => {
      throw error;
    };
    const backoff = { initial: 100, factor: 2, max: 10_000, jitter };
    const task = supervisor.createTask(failing(1), { restart: policy({ backoff }) });
    await supervisor.join();
    expect(told).toEqual([new Error("run 1"), error]);
    expect(task.exception()).toBe(error);
  });
});

describe("a task with a restart policy that is cancelled", () => {
  it("by task.cancel while it runs is not restarted (V9, K5)", async () => {
    const { supervisor, told } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask(
      (scope) => {
        runs++;
        return scope.sleep(Infinity);
      },
      { restart: policy({ when: "always" }) },
    );
    task.cancel("enough");
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect(task.scope.reason?.cause).toBe("enough");
    expect({ runs, told }).toEqual({ runs: 1, told: [] });
    expect(supervisor.stats()).toMatchObject({ cancelled: 1, failed: 0 });
  });

  it("while it waits to be restarted ends at once (V9)", async () => {
    const { supervisor, clock, told } = makeSupervisor();
    const task = supervisor.createTask(failing(1), slowly);
    await supervisor.createTask((scope) => scope.sleep(30).then(() => task.cancel("enough")));
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect(clock.now()).toBe(30);
    expect(told).toEqual([new Error("run 1")]);
  });

  it("and ignores it, or returns for that reason, keeps its value and is not restarted (V9, K2)", async () => {
    const { supervisor } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask(
      async (scope) => {
        runs++;
        await scope.sleep(Infinity).catch(() => {});
        return "tidied up";
      },
      { restart: policy({ when: "always" }) },
    );
    task.cancel();
    expect(await task).toBe("tidied up");
    expect(runs).toBe(1);
    await supervisor.join();
  });

  it("and fails while it unwinds has failed, is told of once, and is not restarted (V9, K2)", async () => {
    const { supervisor, told } = makeSupervisor();
    const error = new Error("cleanup");
    let runs = 0;
    const task = supervisor.createTask((scope) => {
      runs++;
      return scope.sleep(Infinity).catch(() => Promise.reject(error));
    }, onFailure);
    task.cancel();
    await supervisor.join();
    expect(task.exception()).toBe(error);
    expect({ runs, told }).toEqual({ runs: 1, told: [error] });
  });

  it("by itself is not restarted (V9)", async () => {
    const { supervisor, told } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask(
      (scope) => {
        runs++;
        scope.cancel("had enough");
        return scope.sleep(Infinity);
      },
      { restart: policy({ when: "always" }) },
    );
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect((task.scope.reason?.cause as Error).cause).toBe("had enough");
    expect({ runs, told }).toEqual({ runs: 1, told: [] });
  });

  it("by itself, and returns or fails all the same, is not restarted either (V9, K2)", async () => {
    const { supervisor, told } = makeSupervisor();
    const error = new Error("cleanup");
    let runs = 0;
    const always = { restart: policy({ when: "always" }) };
    const returned = supervisor.createTask((scope) => (scope.cancel(), ++runs), always);
    const failed = supervisor.createTask((scope) => {
      scope.cancel();
      runs++;
      throw error;
    }, always);
    await supervisor.join();
    expect([returned.status, failed.status]).toEqual(["fulfilled", "rejected"]);
    expect({ runs, told }).toEqual({ runs: 2, told: [error] });
  });

  it("by a deadline that it sets itself is not restarted (V9, S9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const task = supervisor.createTask(
      (scope) => {
        scope.deadline = clock.now() + 10;
        return scope.sleep(Infinity);
      },
      { restart: policy({ when: "always" }) },
    );
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect(clock.now()).toBe(10);
  });

  it("by an outer owner is not restarted, and the owner recognises it (V9, V7)", async () => {
    const outer = new CancelScope();
    const { supervisor } = makeSupervisor({ parent: outer });
    const running = supervisor.createTask((scope) => scope.sleep(Infinity), onFailure);
    const resting = supervisor.createTask(failing(1), slowly);
    supervisor.createTask((scope) => scope.sleep(5).then(() => outer.cancel()));
    const error: unknown = await supervisor.join().catch((caught: unknown) => caught);
    expect(error).toBe(outer.reason);
    expect([running.status, resting.status]).toEqual(["cancelled", "cancelled"]);
    outer.close();
  });

  it("because somebody else's scope was cancelled has failed, and is restarted (V9, K6)", async () => {
    const { supervisor, told } = makeSupervisor();
    const other = new CancelScope();
    other.cancel();
    let runs = 0;
    const task = supervisor.createTask(() => {
      if (++runs === 1) other.throwIfCancelled();
      return "well";
    }, onFailure);
    expect(await task).toBe("well");
    expect(told).toEqual([other.reason]);
    await supervisor.join();
  });

  it("before its turn under a limit never runs (V9, T8)", async () => {
    const { supervisor } = makeSupervisor({ limit: 1 });
    const first = supervisor.createTask((scope) => scope.sleep(10));
    const queued = supervisor.createTask(() => expect.unreachable(), onFailure);
    queued.cancel();
    await first;
    await supervisor.join();
    expect(queued.status).toBe("cancelled");
  });
});

describe("a shutdown of tasks with a restart policy", () => {
  it("without grace cuts runs and waits alike, and restarts nothing (V9, V4)", async () => {
    const { supervisor, clock, told } = makeSupervisor();
    const running = supervisor.createTask((scope) => scope.sleep(Infinity), { restart: policy({ when: "always" }) });
    const resting = supervisor.createTask(failing(1), slowly);
    await supervisor.createTask((scope) => scope.sleep(1));
    const report = await supervisor.shutdown({ reason: "deploy" });
    expect(report).toEqual({ completed: 0, failed: 0, cancelled: 2, abandoned: [], elapsed: 0 });
    expect([running.scope.reason?.cause, resting.scope.reason?.cause]).toEqual(["deploy", "deploy"]);
    expect(told).toEqual([new Error("run 1")]);
    expect(clock.now()).toBe(1);
  });

  it("with grace ends what waits to be restarted at once, and lets what runs end, but not again (V9, V4)", async () => {
    const { supervisor, told } = makeSupervisor();
    const always = { restart: policy({ when: "always" }) };
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
    expect(told).toEqual([new Error("run 1"), new Error("late")]);
  });

  it("with grace lets a run end that was restarted before (V9, V4)", async () => {
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

  it("begun by whoever is told of the failure restarts nothing (V9, V4)", async () => {
    const { supervisor, told } = makeSupervisor({
      onError: () => void supervisor.shutdown({ grace: 1_000, reason: "told" }),
    });
    const task = supervisor.createTask(failing(Infinity), onFailure);
    await supervisor.join();
    expect(task.status).toBe("cancelled");
    expect(task.scope.reason?.cause).toBe("told");
    expect(told).toEqual([new Error("run 1")]);
  });

  it("requested by a run, with its own scope, does not wait for itself (V9, V6)", async () => {
    const { supervisor } = makeSupervisor();
    let report: unknown;
    const task = supervisor.createTask(
      async (scope) => {
        report = await supervisor.shutdown({ requestedBy: scope });
      },
      { restart: policy({ when: "always" }) },
    );
    await supervisor.join();
    expect(report).toMatchObject({ abandoned: [] });
    expect(task.status).toBe("fulfilled");
  });

  it("whose time is up abandons a run that ignores it, which is not restarted when it ends (V9, V4)", async () => {
    const { supervisor, clock, told } = makeSupervisor();
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
    expect({ runs, told }).toEqual({ runs: 1, told: [new Error("late")] });
  });
});

describe("isFatal and the restart policy", () => {
  it("ends the supervisor with a fatal run's error, and the task is not restarted (V9, V8)", async () => {
    const isFatal = (error: unknown): boolean => (error as Error).message === "run 2";
    const { supervisor, told } = makeSupervisor({ isFatal });
    const task = supervisor.createTask(failing(Infinity), onFailure);
    const sibling = supervisor.createTask((scope) => scope.sleep(Infinity));
    await expect(supervisor.join()).rejects.toThrow("run 2");
    expect(told).toEqual([new Error("run 1"), new Error("run 2")]);
    expect([task.status, sibling.status]).toEqual(["cancelled", "cancelled"]);
  });

  it("may find that only the limit is fatal (V9, V8)", async () => {
    const isFatal = (error: unknown): boolean => error instanceof RestartLimitError;
    const { supervisor } = makeSupervisor({ isFatal });
    supervisor.createTask(failing(Infinity), onFailure);
    const { error } = await supervisor.join().then(
      () => ({ error: undefined }),
      (error: unknown) => ({ error }),
    );
    expect(error).toBeInstanceOf(RestartLimitError);
  });
});

describe("a run that leaves scopes open", () => {
  it("has failed with an error that names them, and its successor finds nothing of them (V9, S16)", async () => {
    const { supervisor, told } = makeSupervisor();
    const left: CancelScope[] = [];
    const task = supervisor.createTask((scope) => {
      if (left.length === 0) left.push(new CancelScope({ parent: scope, name: "left open" }));
      return "well";
    }, onFailure);
    expect(await task).toBe("well");
    expect(told).toHaveLength(1);
    expect(told[0]).toBeInstanceOf(InvalidStateError);
    expect((told[0] as Error).message).toContain('"left open"');
    expect(left[0]?.cancelled).toBe(true);
    await supervisor.join();
  });
});
