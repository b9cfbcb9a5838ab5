import { AsyncLocalStorage } from "node:async_hooks";
import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it, vi } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, RestartLimitError, Supervisor, type Task } from "../src/index.js";
import { always, failing, HOUR, makeSupervisor, onFailure, policy, slowly, WatchedClock } from "./restarts.js";

describe("a task that is restarted on failure", () => {
  it("a task that is restarted on failure runs until it returns: one Task for all runs, with the last value (V9)", async () => {
    const { supervisor, reported, tasks } = makeSupervisor();
    const task = supervisor.createTask(failing(2), onFailure);
    expectTypeOf(task).toEqualTypeOf<Task<string>>();
    expect(await task).toBe("run 3");
    expect(reported).toEqual([new Error("run 1"), new Error("run 2")]);
    expect([...tasks]).toEqual([task]);
    expect(supervisor.stats()).toMatchObject({ running: 0, completed: 1, failed: 0, cancelled: 0 });
    await supervisor.join();
  });

  it("a restarted task starts its first run in createTask, and the others in turns of the event loop (V9, K1)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const log: string[] = [];
    const task = supervisor.createTask(() => {
      log.push(`run at ${clock.now()}`);
      setImmediate(() => log.push("turn"));
      if (log.length < 5) throw new Error("at once");
    }, onFailure);
    expect(log).toEqual(["run at 0"]);
    await task;
    expect(log).toEqual(["run at 0", "turn", "run at 0", "turn", "run at 0"]);
    await supervisor.join();
    await settled();
  });

  it("a restarted task reports each failed run to onError once, synchronously, while it is pending (V9, V2)", async () => {
    const statuses: string[] = [];
    const { supervisor, reported } = makeSupervisor({ onError: (_, task) => statuses.push(task.status) });
    await supervisor.createTask(failing(3), onFailure);
    expect(reported).toHaveLength(3);
    expect(statuses).toEqual(["pending", "pending", "pending"]);
    await supervisor.join();
  });

  it("onError gets the number of the run, and the delay before the next one (V9, V2)", async () => {
    const { supervisor, infos } = makeSupervisor();
    await supervisor.createTask(failing(3), slowly);
    expect(infos).toEqual([
      { attempt: 1, restartsIn: 100 },
      { attempt: 2, restartsIn: 200 },
      { attempt: 3, restartsIn: 400 },
    ]);
    await supervisor.join();
  });

  it("onError gets a delay of 0 without a backoff, and the delay that was drawn with jitter (V9, V2)", async () => {
    const { supervisor, infos } = makeSupervisor();
    await supervisor.createTask(failing(1), onFailure);
    const shares = [0.25, 0, 1];
    const jitter = (): number => shares.shift()!;
    await supervisor.createTask(failing(3), { restart: policy({ backoff: { initial: 100, jitter } }) });
    expect(infos.map(({ restartsIn }) => restartsIn)).toEqual([0, 25, 0, 400]);
    await supervisor.join();
  });

  it("a supervisor without onError prints each failed run: which run it was, and when the next one begins (V9, V2)", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    try {
      const supervisor = new Supervisor({ clock: new VirtualClock({ autojump: true }) });
      await supervisor.createTask(failing(2), { ...slowly, name: "poller" });
      await supervisor.join();
      expect(print.mock.calls.map(([text]) => String(text).split("\n", 2))).toEqual([
        ['Task "poller" of a supervisor failed, and is started again in 100 ms:', "Error: run 1"],
        ['Task "poller" of a supervisor failed in run 2, and is started again in 200 ms:', "Error: run 2"],
      ]);
    } finally {
      print.mockRestore();
    }
  });

  it("each run gets its own scope, below the task's and closed when the run has ended (V9)", async () => {
    const { supervisor } = makeSupervisor();
    const scopes: CancelScope[] = [];
    const task = supervisor.createTask(async (scope) => {
      scopes.push(scope);
      if (scopes.length < 2) throw new Error("again");
      expect(() => new CancelScope({ parent: scopes[0] })).toThrow(ClosedError);
      new CancelScope({ parent: scope }).close();
    }, onFailure);
    await task;
    expect(new Set([...scopes, task.scope]).size).toBe(3);
    await supervisor.join();
  });

  it("a restarted task is named after the function, or as given (C3)", async () => {
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

  it("a restarted task neither affects its siblings nor is affected by them (V1)", async () => {
    const { supervisor } = makeSupervisor();
    const plain = supervisor.createTask((scope) => scope.sleep(50).then(() => "here"));
    const restarted = supervisor.createTask(failing(2), slowly);
    supervisor.createTask(() => Promise.reject(new Error("sibling")));
    expect([await plain, await restarted]).toEqual(["here", "run 3"]);
    await supervisor.join();
  });

  it("a task that waits to restart counts as live, so it keeps its place under a limit (V9, T8)", async () => {
    const { supervisor, clock } = makeSupervisor({ limit: 1 });
    supervisor.createTask(failing(1), slowly);
    const next = supervisor.createTask(() => clock.now());
    await settled();
    expect(await next).toBe(100);
    await supervisor.join();
  });

  it("a restarted task runs each time in the async context of createTask (V9, C1)", async () => {
    const { supervisor } = makeSupervisor();
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const fn = async (): Promise<void> => {
      seen.push(context.getStore());
      if (seen.length < 4) throw new Error("again");
    };
    const task = context.run("request 1", () => supervisor.createTask(fn, slowly));
    await context.run("request 2", () => task);
    expect(seen).toEqual(Array(4).fill("request 1"));
    await supervisor.join();
  });
});

describe("a task that is always restarted", () => {
  it("a task that is always restarted runs again also after it has returned, which is not a failure (V9)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let runs = 0;
    const task = supervisor.createTask((scope) => {
      if (++runs === 3) task.cancel();
      return scope.checkpoint().then(() => runs);
    }, always);
    await supervisor.join();
    expect({ runs, status: task.status, reported }).toEqual({ runs: 3, status: "cancelled", reported: [] });
  });

  it("a task that is always restarted runs forever if its runs are long (V9)", async () => {
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
  it("a task over the limit fails with RestartLimitError; onError gets the last run's error, then that one (V9)", async () => {
    const { supervisor, reported, infos } = makeSupervisor();
    const task = supervisor.createTask(failing(Infinity), onFailure);
    await supervisor.join();
    expect(task.exception()).toBeInstanceOf(RestartLimitError);
    expect(reported).toEqual([1, 2, 3, 4].map((run) => new Error(`run ${run}`)).concat(task.exception() as Error));
    expect(infos).toEqual([
      { attempt: 1, restartsIn: 0 },
      { attempt: 2, restartsIn: 0 },
      { attempt: 3, restartsIn: 0 },
      { attempt: 4, restartsIn: undefined },
      { attempt: 4, restartsIn: undefined },
    ]);
    expect(supervisor.stats()).toMatchObject({ failed: 1, completed: 0, restarts: 3 });
  });

  it("a limit of 0 makes the first failure the last (V9)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const never = { restart: policy({ maxRestarts: 0 }) };
    const task = supervisor.createTask(failing(1), never);
    const well = supervisor.createTask(failing(0), never);
    await supervisor.join();
    expect(well.result()).toBe("run 1");
    expect(reported).toEqual([new Error("run 1"), task.exception()]);
    expect(task.exception()).toMatchObject({ name: "RestartLimitError", cause: new Error("run 1") });
  });

  it("the window slides: a task that ran for an hour and then fails is restarted (V9)", async () => {
    const { supervisor, clock, reported } = makeSupervisor();
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
    expect(reported).toHaveLength(5);
    expect(clock.now()).toBe(HOUR);
    await supervisor.join();
  });

  it("a task may fail now and then, forever (V9)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let run = 0;
    const task = supervisor.createTask(
      async (scope) => {
        await scope.sleep(501);
        if (++run < 500) throw new Error("now and then");
      },
      { restart: policy({ maxRestarts: 2 }) },
    );
    await task;
    expect(reported).toHaveLength(499);
    await supervisor.join();
  });

  it("the limit does not count waits: a task that fails at once reaches it, however long it waits between runs (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const backoff = { initial: HOUR, factor: 1, max: HOUR, jitter: false };
    const task = supervisor.createTask(failing(Infinity), { restart: policy({ maxRestarts: 5, backoff }) });
    await supervisor.join();
    expect(task.exception()).toBeInstanceOf(RestartLimitError);
    expect(clock.now()).toBe(5 * HOUR);
  });
});

describe("the wait before a restart", () => {
  it("the wait before a restart grows from run to run, on the supervisor's clock (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const starts: number[] = [];
    const task = supervisor.createTask(
      () => {
        starts.push(clock.now());
        if (starts.length < 5) throw new Error("again");
      },
      { restart: policy({ maxRestarts: 10, backoff: { initial: 100, factor: 2, max: 300, jitter: false } }) },
    );
    await task;
    expect(starts).toEqual([0, 100, 300, 600, 900]);
    await supervisor.join();
  });

  it("the wait before a restart starts over after a run that lasted for the window (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const starts: number[] = [];
    const task = supervisor.createTask(async (scope) => {
      starts.push(clock.now());
      if (starts.length === 3) await scope.sleep(1_000);
      if (starts.length < 5) throw new Error("again");
    }, slowly);
    await task;
    expect(starts).toEqual([0, 100, 300, 1_400, 1_600]);
    await supervisor.join();
  });

  it("a task that waits to restart counts as live (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const task = supervisor.createTask(failing(1), slowly);
    const seen: unknown[] = [];
    supervisor.createTask(async (scope) => {
      await scope.sleep(50);
      seen.push(task.status, supervisor.size, [...supervisor.tasks].includes(task));
    });
    await supervisor.join();
    expect(task.result()).toBe("run 2");
    expect(seen).toEqual(["pending", 2, true]);
    expect(clock.now()).toBe(100);
  });

  it("the wait before a restart leaves no timer, however it ends (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    await supervisor.createTask(failing(1), slowly);
    const resting = supervisor.createTask(failing(1), slowly);
    supervisor.createTask((scope) => scope.sleep(50).then(() => resting.cancel()));
    await supervisor.join();
    expect(clock.pending).toBe(0);
  });

  it("the wait before a restart sets no timer if there is no backoff, or it is zero (V9, C1)", async () => {
    const clock = new WatchedClock();
    const { supervisor } = makeSupervisor({ clock });
    const zeros = [{ initial: 0 }, { max: 0 }, { initial: 100, jitter: () => 0 }];
    for (const backoff of [undefined, ...zeros]) {
      expect(await supervisor.createTask(failing(3), { restart: policy({ backoff }) })).toBe("run 4");
    }
    expect(clock.timersSet).toBe(0);
    const waiting = supervisor.createTask(failing(1), slowly);
    await settled();
    expect(clock.timersSet).toBe(1); // one for the wait with a backoff
    await clock.advance(100);
    expect(waiting.result()).toBe("run 2");
    expect(clock.timersSet).toBe(1);
    await supervisor.join();
  });

  it("the wait is jittered by the policy's source of randomness, which is called once for each restart (V9)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const shares = [0.5, 0, 1];
    const backoff = { initial: 100, factor: 2, max: 10_000, jitter: () => shares.shift()! };
    await supervisor.createTask(failing(3), { restart: policy({ backoff }) });
    expect(clock.now()).toBe(50 + 0 + 400);
    expect(shares).toEqual([]);
    await supervisor.join();
  });

  it("a source of randomness that throws fails the task, after the run was reported with no restart to come (V9)", async () => {
    const { supervisor, reported, infos } = makeSupervisor();
    const error = new Error("no entropy");
    const jitter = (): number => {
      throw error;
    };
    const backoff = { initial: 100, factor: 2, max: 10_000, jitter };
    const task = supervisor.createTask(failing(1), { restart: policy({ backoff }) });
    await supervisor.join();
    expect(reported).toEqual([new Error("run 1"), error]);
    expect(infos).toEqual([
      { attempt: 1, restartsIn: undefined },
      { attempt: 1, restartsIn: undefined },
    ]);
    expect(task.exception()).toBe(error);
    expect(supervisor.stats()).toMatchObject({ failed: 1, restarting: 0, restarts: 0 });
  });

  it("a source of randomness that returns an invalid value fails the task; only that is reported if the run returned (V9)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const backoff = { jitter: () => 2 };
    const task = supervisor.createTask(() => "well", { restart: policy({ when: "always", backoff }) });
    await supervisor.join();
    expect(reported).toEqual([task.exception()]);
    expect(task.exception()).toEqual(new RangeError("restart.backoff.jitter must return a number from 0 to 1, got 2."));
  });
});

describe("isFatal and the restart policy", () => {
  it("a fatal run ends the supervisor with its error, and the task is not restarted (V9, V8)", async () => {
    const isFatal = (error: unknown): boolean => (error as Error).message === "run 2";
    const { supervisor, reported } = makeSupervisor({ isFatal });
    const task = supervisor.createTask(failing(Infinity), onFailure);
    const sibling = supervisor.createTask((scope) => scope.sleep(Infinity));
    await expect(supervisor.join()).rejects.toThrow("run 2");
    expect(reported).toEqual([new Error("run 1"), new Error("run 2")]);
    expect([task.status, sibling.status]).toEqual(["cancelled", "cancelled"]);
  });

  it("isFatal may treat only the RestartLimitError as fatal (V9, V8)", async () => {
    const isFatal = (error: unknown): boolean => error instanceof RestartLimitError;
    const { supervisor } = makeSupervisor({ isFatal });
    supervisor.createTask(failing(Infinity), onFailure);
    await expect(supervisor.join()).rejects.toBeInstanceOf(RestartLimitError);
  });
});

describe("a run that leaves scopes open", () => {
  it("a run that leaves scopes open has failed with an error that names them, and the next run starts clean (V9, S16)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const left: CancelScope[] = [];
    const task = supervisor.createTask((scope) => {
      if (left.length === 0) left.push(new CancelScope({ parent: scope, name: "left open" }));
      return "well";
    }, onFailure);
    expect(await task).toBe("well");
    expect(reported).toHaveLength(1);
    expect(reported[0]).toBeInstanceOf(InvalidStateError);
    expect((reported[0] as Error).message).toContain('"left open"');
    expect(left[0]?.cancelled).toBe(true);
    await supervisor.join();
  });
});

/** A clock whose `now` throws at one call, or at every call from that one on, once it is armed. */
class BrokenClock extends WatchedClock {
  hasThrown = false;
  readonly #call: number;
  readonly #forGood: boolean;
  #calls = -Infinity;

  constructor(call: number, forGood: boolean) {
    super();
    this.#call = call;
    this.#forGood = forGood;
  }

  arm(): void {
    this.#calls = 0;
  }

  override now(): number {
    const call = this.#calls++;
    if (call !== this.#call && !(this.#forGood && call > this.#call)) return super.now();
    this.hasThrown = true;
    throw new Error("the clock is broken");
  }
}

describe("a clock that throws", () => {
  const leavesOf = (error: unknown): unknown[] =>
    error instanceof AggregateError ? error.errors.flatMap(leavesOf) : [error];

  it.each([
    ["once", false, Infinity],
    ["for good", true, Infinity],
    ["once, in a task with a deadline", false, HOUR],
    ["for good, in a task with a deadline", true, HOUR],
  ])(
    "a clock that throws %s, at any call, ends the task with an error or not at all, and no run's failure is lost (C1, V9)",
    async (_, forGood, deadline) => {
      const statuses = new Set<string>();
      let hasThrown = true;
      for (let call = 0; hasThrown; call++) {
        const clock = new BrokenClock(call, forGood);
        const { supervisor, reported } = makeSupervisor({ clock });
        const thrown: Error[] = [];
        const task = supervisor.createTask(async () => {
          await Promise.resolve(); // until the clock is armed
          if (thrown.length === 2) return;
          thrown.push(new Error(`run ${thrown.length + 1}`));
          throw thrown.at(-1);
        }, slowly);
        task.scope.deadline = deadline;
        clock.arm();
        await clock.advance(1_000);
        expect(task.done).toBe(true);
        statuses.add(task.status);
        expect(reported.flatMap(leavesOf)).toEqual(expect.arrayContaining(thrown));
        if (task.status === "rejected") expect(reported.at(-1)).toBe(task.exception());
        expect(supervisor.stats()).toMatchObject({ running: 0, restarting: 0, queued: 0 });
        ({ hasThrown } = clock);
        await supervisor.join();
      }
      expect(statuses).toEqual(new Set(["rejected", "fulfilled"]));
    },
  );
});
