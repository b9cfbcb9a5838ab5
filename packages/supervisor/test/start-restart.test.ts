/** `supervisor.start` of a task that is restarted (T10, V9). */
import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, RestartLimitError } from "../src/index.js";
import { always, makeSupervisor, onFailure, policy, slowly, WatchedClock } from "./restarts.js";

type Started<S> = (value: S) => void;

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection, got a value");
}

/** Fails in its first runs, then is ready and continues. */
function readyAfter(failures: number) {
  let run = 0;
  return async (scope: CancelScope, started: Started<string>): Promise<void> => {
    await scope.checkpoint();
    if (run++ < failures) throw new Error(`run ${run}`);
    started(`run ${run}`);
    await scope.sleep(Infinity);
  };
}

describe("supervisor.start with restart", () => {
  it("start resolves with the value of the first run that is ready; failures before it go to onError (T10)", async () => {
    const { supervisor, reported, infos } = makeSupervisor();
    const ready = supervisor.start(readyAfter(2), { ...slowly, name: "listen" });
    expectTypeOf(ready).toEqualTypeOf<Promise<string>>();
    expect(await ready).toBe("run 3");
    expect(reported).toEqual([new Error("run 1"), new Error("run 2")]);
    expect(infos).toEqual([
      { attempt: 1, restartsIn: 100 },
      { attempt: 2, restartsIn: 200 },
    ]);
    expect(Array.from(supervisor.tasks, ({ name, attempt }) => [name, attempt])).toEqual([["listen", 3]]);
    await supervisor.shutdown();
  });

  it("start starts the first run at once, and needs no second run if the first is ready (T10, K1)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let runs = 0;
    const ready = supervisor.start<string>((scope, started) => {
      runs++;
      started("at once");
      return scope.sleep(Infinity);
    }, onFailure);
    expect(runs).toBe(1);
    expect(await ready).toBe("at once");
    expect(reported).toEqual([]);
    await supervisor.shutdown();
  });

  it("start rejects only when the task has ended for good: bare, with RestartLimitError, which onError does not get (T10)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const error = await errorOf(supervisor.start(readyAfter(Infinity), { ...onFailure, name: "listen" }));
    expect(error).toBeInstanceOf(RestartLimitError);
    expect((error as Error).message).toBe('task "listen" ended again after 3 restarts within 1000 ms');
    expect((error as Error).cause).toEqual(new Error("run 4"));
    expect(reported).toEqual([1, 2, 3, 4].map((run) => new Error(`run ${run}`)));
    expect(supervisor.size).toBe(0);
    await supervisor.join();
    expect(reported).toHaveLength(4);
  });

  it("failures of runs after started go to onError, also the RestartLimitError (T10, V2)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let run = 0;
    const ready = supervisor.start<number>((_, started) => {
      started(++run);
      throw new Error(`run ${run}`);
    }, onFailure);
    expect(await ready).toBe(1);
    await supervisor.join();
    expect(reported.slice(0, 4)).toEqual([1, 2, 3, 4].map((run) => new Error(`run ${run}`)));
    expect(reported.slice(4)).toEqual([expect.any(RestartLimitError)]);
  });

  it("start rejects with an InvalidStateError if a run returns without started, which causes no restart (T10)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let runs = 0;
    const ready = supervisor.start(async function mute() {
      if (++runs === 1) throw new Error("run 1");
    }, onFailure);
    expect(await errorOf(ready)).toEqual(
      new InvalidStateError(
        'Task "mute" ended without calling started(): call it when the task is ready, with the value for the caller of start().',
      ),
    );
    expect({ runs, reported }).toEqual({ runs: 2, reported: [new Error("run 1")] });
    await supervisor.join();
  });

  it("a task that is always restarted runs again after a run that returned without started (T10)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let runs = 0;
    const ready = supervisor.start<number>(async (_, started) => {
      if (++runs === 3) started(runs);
    }, always);
    expect(await ready).toBe(3);
    expect(reported).toEqual([]);
    await supervisor.shutdown();
    const never = await errorOf(makeSupervisor().supervisor.start(() => {}, always));
    expect(never).toBeInstanceOf(RestartLimitError);
    expect(Object.hasOwn(never as Error, "cause")).toBe(false);
  });

  it("start rejects with what the backoff's source of randomness throws; onError gets only the run's error (T10)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const error = new Error("no entropy");
    const jitter = (): number => {
      throw error;
    };
    const ready = supervisor.start(readyAfter(1), { restart: policy({ backoff: { jitter } }) });
    expect(await errorOf(ready)).toBe(error);
    expect(reported).toEqual([new Error("run 1")]);
    await supervisor.join();
  });

  it("isFatal is called for each failure that goes to onError, and not for the error with which start rejects (T10, V8)", async () => {
    const classified: unknown[] = [];
    const isFatal = (error: unknown): boolean => {
      classified.push(error);
      return false;
    };
    const { supervisor, reported } = makeSupervisor({ isFatal });
    await errorOf(supervisor.start(readyAfter(Infinity), onFailure));
    await supervisor.join();
    expect(reported).toHaveLength(4);
    expect(classified).toEqual(reported);
  });

  it("start rejects with the shutdown's CancelledError if a failure before started is fatal; join gets the failure (T10, V8)", async () => {
    const { supervisor } = makeSupervisor({ isFatal: () => true });
    const ready = supervisor.start(readyAfter(Infinity), onFailure);
    const error = await errorOf(ready);
    expect(error).toBe(supervisor.scope.reason);
    expect(error).toMatchObject({ name: "AbortError", cause: new Error("run 1") });
    await expect(supervisor.join()).rejects.toThrow("run 1");
  });

  it("a started task waits its turn under a limit, and keeps its place between runs (T10, T8)", async () => {
    const { supervisor, clock } = makeSupervisor({ limit: 1 });
    supervisor.createTask((scope) => scope.sleep(10));
    const ready = supervisor.start<number>(async (_, started) => {
      if (clock.now() === 10) throw new Error("not yet");
      started(clock.now());
    }, slowly);
    const last = supervisor.createTask(() => clock.now());
    expect(await ready).toBe(110);
    expect(await last).toBe(110);
    await supervisor.join();
  });

  it("start takes stage and grace as createTask does (T10, V4)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const runs: number[] = [];
    await supervisor.start(
      async (_, started) => {
        started();
        runs.push(clock.now());
        throw new Error("no");
      },
      { restart: policy({ backoff: { initial: 20, factor: 1, jitter: false } }), stage: 1, grace: 5 },
    );
    supervisor.createTask((scope) => scope.sleep(50));
    expect(await supervisor.shutdown({ grace: 1_000 })).toMatchObject({ cancelled: 1, completed: 1, elapsed: 50 });
    expect(runs).toEqual([0, 20, 40]);
    for (const wrong of [{ stage: -1 }, { stage: "1" }, { grace: NaN }, { restart: 5 }]) {
      const start = (): unknown => supervisor.start(() => expect.unreachable(), { ...onFailure, ...wrong } as never);
      expect(start).toThrow(Object.keys(wrong)[0]);
    }
  });
});

describe("started, in a task that is restarted", () => {
  it("started may be called once per run: the first value counts (T10)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let runs = 0;
    const ready = supervisor.start<number>(async (scope, started) => {
      await scope.checkpoint();
      started(++runs);
      if (runs < 3) throw new Error("again");
    }, onFailure);
    expect(await ready).toBe(1);
    await supervisor.join();
    expect(runs).toBe(3);
    expect(reported).toEqual([new Error("again"), new Error("again")]);
  });

  it("started throws an InvalidStateError at a second call in one run, also in a later run (T10)", async () => {
    const { supervisor, reported } = makeSupervisor();
    let runs = 0;
    const ready = supervisor.start<number>((_, started) => {
      started(++runs);
      started(runs);
    }, onFailure);
    expect(await ready).toBe(1);
    await supervisor.join();
    expect(runs).toBe(4);
    expect(reported.slice(0, 4)).toEqual(
      Array(4).fill(new InvalidStateError("started() was called twice in a run, or after the run had ended.")),
    );
  });

  it("started throws an InvalidStateError after its run has ended, and start does not take the value (T10)", async () => {
    const clock = new VirtualClock();
    const { supervisor } = makeSupervisor({ clock });
    const early: Started<string>[] = [];
    const late = (): void => {
      for (const started of early) expect(() => started("late")).toThrow(InvalidStateError);
    };
    const ready = supervisor.start<string>(async (scope, started) => {
      late(); // while another run runs
      early.push(started);
      await scope.checkpoint();
      if (early.length < 3) throw new Error("again");
      started("in time");
      await scope.sleep(10);
    }, slowly);
    await settled();
    expect(supervisor.stats()).toMatchObject({ restarting: 1 });
    late(); // while the task waits
    await clock.advance(300);
    expect(early).toHaveLength(3);
    expect(await ready).toBe("in time");
    await clock.advance(10);
    expect(supervisor.size).toBe(0);
    late();
  });
});

describe("supervisor.start with restart, and the caller's scope", () => {
  it("a cancellation of the caller ends the wait between runs at once, and start rejects with its reason (T10)", async () => {
    const { supervisor, clock, reported } = makeSupervisor();
    using caller = new CancelScope({ clock });
    const ready = supervisor.start(readyAfter(Infinity), { ...slowly, scope: caller });
    await settled();
    expect(supervisor.stats()).toMatchObject({ restarting: 1 });
    caller.cancel("not needed");
    expect(await errorOf(ready)).toBe(caller.reason);
    expect(reported).toEqual([new Error("run 1")]);
    expect(clock.now()).toBe(0);
    expect(supervisor.stats()).toMatchObject({ cancelled: 1, restarts: 0 });
    await supervisor.join();
  });

  it.each([
    ["with a backoff", slowly],
    ["without a backoff", onFailure],
  ])("start begins no further run when the caller is cancelled as a wait %s ends (T10, V9)", async (_, options) => {
    const no = new Error("no");
    const runs: number[] = [];
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const clock = new WatchedClock();
      const { supervisor } = makeSupervisor({ clock });
      using caller = new CancelScope({ clock });
      const log: string[] = [];
      const comes = (after: number): void => {
        if (after > 0) return queueMicrotask(() => comes(after - 1));
        log.push("end");
        caller.cancel();
      };
      const run = (): Promise<never> => {
        log.push("run");
        return Promise.reject(no);
      };
      const ended = errorOf(supervisor.start(run, { ...options, scope: caller }));
      if (options === slowly) await settled();
      clock.afterNext = () => comes(microtasks);
      await clock.advance(100);
      runs.push(log.indexOf("end"));
      expect(log.at(-1)).toBe("end");
      // A run that has begun before the caller is cancelled may still fail.
      expect(log.length === 2 ? [caller.reason] : [caller.reason, no]).toContain(await ended);
      await supervisor.join();
    }
    expect(runs[0]).toBe(1);
    expect(runs.at(-1)).toBe(2);
  });

  it("start begins no further run when onError cancels the caller (T10)", async () => {
    const { supervisor, reported } = makeSupervisor({ onError: () => caller.cancel("give up") });
    using caller = new CancelScope();
    const ready = supervisor.start(readyAfter(Infinity), { ...onFailure, scope: caller });
    expect(await errorOf(ready)).toBe(caller.reason);
    expect(reported).toEqual([new Error("run 1")]);
    await supervisor.join();
  });

  it("start honours the caller's deadline between runs (T10, S9)", async () => {
    const { supervisor, clock, reported } = makeSupervisor();
    using caller = new CancelScope({ clock, deadline: 250 });
    const ready = supervisor.start(readyAfter(Infinity), { ...slowly, scope: caller });
    expect(await errorOf(ready)).toBe(caller.reason);
    expect(clock.now()).toBe(250);
    expect(reported).toEqual([new Error("run 1"), new Error("run 2")]);
    await supervisor.join();
  });

  it("start cancels the task, and rejects with ClosedError, when the caller's scope is closed between runs (T10)", async () => {
    const { supervisor, clock } = makeSupervisor();
    const caller = new CancelScope({ clock });
    const ready = supervisor.start(readyAfter(Infinity), { ...slowly, scope: caller });
    await settled();
    caller.close();
    expect(await errorOf(ready)).toBeInstanceOf(ClosedError);
    expect(supervisor.stats()).toMatchObject({ cancelled: 1, restarts: 0 });
    await supervisor.join();
  });

  it("started throws the CancelledError in a later run of a cancelled caller; start waits for that run (T10)", async () => {
    const { supervisor, clock, reported } = makeSupervisor();
    using caller = new CancelScope({ clock });
    const thrown: unknown[] = [];
    let runs = 0;
    const ready = supervisor.start<string>(
      async (scope, started) => {
        if (++runs === 1) throw new Error("run 1");
        caller.cancel("not needed");
        try {
          started("too late");
        } catch (error) {
          thrown.push(error);
        }
        await scope.sleep(Infinity).catch(() => {});
      },
      { ...always, scope: caller },
    );
    expect(await errorOf(ready)).toBe(caller.reason);
    expect(thrown).toEqual([caller.reason]);
    expect({ runs, reported }).toEqual({ runs: 2, reported: [new Error("run 1")] });
    await supervisor.join();
  });

  it("start rejects, bare, with the error of a run that fails while it unwinds, which onError does not get (T10)", async () => {
    const { supervisor, reported } = makeSupervisor();
    using caller = new CancelScope();
    const error = new Error("cleanup");
    let runs = 0;
    const ready = supervisor.start(
      async (scope) => {
        if (++runs === 1) throw new Error("run 1");
        caller.cancel();
        await scope.sleep(Infinity).catch(() => Promise.reject(error));
      },
      { ...onFailure, scope: caller },
    );
    expect(await errorOf(ready)).toBe(error);
    await supervisor.join();
    expect({ runs, reported }).toEqual({ runs: 2, reported: [new Error("run 1")] });
  });

  it("the caller's cancellation has no effect once a run has called started: the task is still restarted (T10)", async () => {
    const { supervisor, reported } = makeSupervisor();
    using caller = new CancelScope();
    let runs = 0;
    await supervisor.start(
      async (scope, started) => {
        started();
        await scope.checkpoint();
        if (++runs < 3) throw new Error("again");
      },
      { ...onFailure, scope: caller },
    );
    caller.cancel();
    await supervisor.join();
    expect({ runs, reported }).toEqual({ runs: 3, reported: [new Error("again"), new Error("again")] });
  });

  it("start starts nothing if the caller is already cancelled (T10)", async () => {
    const { supervisor } = makeSupervisor();
    using caller = new CancelScope();
    caller.cancel();
    const ready = supervisor.start(() => expect.unreachable(), { ...onFailure, scope: caller });
    expect(await errorOf(ready)).toBe(caller.reason);
    await supervisor.join();
  });
});

describe("supervisor.start with restart, and a shutdown", () => {
  it("start rejects with the shutdown's CancelledError if the task waits to restart (T10, V4)", async () => {
    const { supervisor, clock, reported } = makeSupervisor();
    const ready = supervisor.start(readyAfter(Infinity), slowly);
    await settled();
    const report = await supervisor.shutdown({ grace: 1_000, reason: "deploy" });
    expect(report).toMatchObject({ cancelled: 1, elapsed: 0 });
    expect(await errorOf(ready)).toBe(supervisor.scope.reason);
    expect(reported).toEqual([new Error("run 1")]);
    expect(clock.now()).toBe(0);
  });

  it("start rejects, bare, with the error of a run that fails within the grace, which onError does not get (T10, V4)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const ready = supervisor.start(async (scope) => {
      await scope.sleep(10);
      throw new Error("late");
    }, onFailure);
    const over = supervisor.shutdown({ grace: 1_000 });
    expect(await errorOf(ready)).toEqual(new Error("late"));
    await over;
    expect(reported).toEqual([]);
  });

  it("start resolves if a run is ready within the grace (T10, V4)", async () => {
    const { supervisor } = makeSupervisor();
    const ready = supervisor.start<string>(async (scope, started) => {
      await scope.sleep(10);
      started("just in time");
    }, always);
    const report = await supervisor.shutdown({ grace: 1_000 });
    expect(await ready).toBe("just in time");
    expect(report).toMatchObject({ completed: 1, elapsed: 10 });
  });
});
