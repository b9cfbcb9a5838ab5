import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, Supervisor, type Task } from "../src/index.js";

/** A supervisor that records the failures that it reports. */
function makeSupervisor(options: ConstructorParameters<typeof Supervisor>[0] = {}) {
  const reported: unknown[] = [];
  const supervisor = new Supervisor({ ...options, onError: (error) => reported.push(error) });
  return { supervisor, reported };
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection, got a value");
}

describe("supervisor.start", () => {
  it("start resolves with the value of a task that lives on (T10)", async () => {
    const { supervisor } = makeSupervisor();
    const ready = supervisor.start(async (scope, started: (port: number) => void) => {
      started(8080);
      await scope.sleep(Infinity);
    });
    expectTypeOf(ready).toEqualTypeOf<Promise<number>>();
    expect(await ready).toBe(8080);
    expect(supervisor.size).toBe(1);
    expect(await supervisor.shutdown()).toMatchObject({ cancelled: 1 });
  });

  it("start names the task as createTask does (C3)", async () => {
    const { supervisor } = makeSupervisor();
    const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);
    void supervisor.start(forever);
    void supervisor.start(forever, { name: "HTTP" });
    expect(Array.from(supervisor.tasks, ({ name }) => name)).toEqual(["forever", "HTTP"]);
    await supervisor.shutdown();
  });

  it("a start without a function is a TypeError, with and without options, and creates no task (T10)", () => {
    const { supervisor } = makeSupervisor();
    const message = 'A task must be a function, got "fn".';
    // @ts-expect-error -- a task is a function
    expect(() => supervisor.start("fn")).toThrow(new TypeError(message));
    // @ts-expect-error -- a task is a function
    expect(() => supervisor.start("fn", { name: "server" })).toThrow(new TypeError(message));
    expect(supervisor.size).toBe(0);
  });

  it("start rejects with an early failure, bare, which onError does not get (T10, V2)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const error = new Error("address in use");
    expect(await errorOf(supervisor.start(() => Promise.reject(error)))).toBe(error);
    expect(reported).toEqual([]);
    expect(supervisor.stats()).toMatchObject({ running: 0, failed: 0 });
    await supervisor.join();
  });

  it("a later failure goes to onError, and siblings continue (T10, V1, V2)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const error = new Error("connection lost");
    const sibling = supervisor.createTask((scope) => scope.checkpoint().then(() => "here"));
    await supervisor.start(async (scope, started) => {
      started();
      await scope.checkpoint();
      throw error;
    });
    expect(await sibling).toBe("here");
    await supervisor.join();
    expect(reported).toEqual([error]);
  });

  it("isFatal is called for a later failure, not for an early one (T10, V8)", async () => {
    const classified: unknown[] = [];
    const isFatal = (error: unknown): boolean => classified.push(error) > 0;
    const { supervisor } = makeSupervisor({ isFatal });
    await errorOf(supervisor.start(() => Promise.reject(new Error("early"))));
    await supervisor.start((_, started) => {
      started();
      throw new Error("late");
    });
    await expect(supervisor.join()).rejects.toThrow("late");
    expect(classified).toEqual([new Error("late")]);
  });

  it("start rejects if the task ends without calling started, and onError is not called (T10)", async () => {
    const { supervisor, reported } = makeSupervisor();
    expect(await errorOf(supervisor.start(async function mute() {}))).toEqual(
      new InvalidStateError(
        'Task "mute" ended without calling started(): call it when the task is ready, with the value for the caller of start().',
      ),
    );
    void supervisor.start(() => {});
    await supervisor.join();
    await settled();
    expect(reported).toEqual([]);
  });

  it("onError gets the error of a second call of started (T10, V2)", async () => {
    const { supervisor, reported } = makeSupervisor();
    await supervisor.start((_, started) => {
      started();
      started();
    });
    await supervisor.join();
    expect(reported).toEqual([expect.any(InvalidStateError)]);
  });
});

describe("supervisor.start and the shutdown", () => {
  it("start rejects with the CancelledError of a task that the shutdown cancels while it starts (T10, V4)", async () => {
    const { supervisor, reported } = makeSupervisor();
    const ready = supervisor.start((scope) => scope.sleep(Infinity));
    const report = await supervisor.shutdown({ reason: "deploy" });
    expect(report).toMatchObject({ cancelled: 1, failed: 0 });
    expect(await errorOf(ready)).toMatchObject({ name: "AbortError", cause: "deploy" });
    expect(reported).toEqual([]);
  });

  it("a rejection of start is not unhandled if the promise is never awaited (T10)", async () => {
    const { supervisor } = makeSupervisor();
    void supervisor.start((scope) => scope.sleep(Infinity));
    await supervisor.shutdown();
    await settled();
    expect(supervisor.size).toBe(0);
  });

  it("start resolves within the grace (T10, V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const { supervisor } = makeSupervisor({ clock });
    const ready = supervisor.start<string>(async (scope, started) => {
      await scope.sleep(5);
      started("just in time");
    });
    const report = await supervisor.shutdown({ grace: 100 });
    expect(await ready).toBe("just in time");
    expect(report).toMatchObject({ completed: 1, elapsed: 5 });
  });

  it("start rejects with ClosedError once a shutdown has begun (T10, V4)", async () => {
    const { supervisor } = makeSupervisor();
    const running = supervisor.createTask((scope) => scope.sleep(Infinity));
    const over = supervisor.shutdown({ grace: 1 });
    expect(await errorOf(supervisor.start(() => expect.unreachable()))).toBeInstanceOf(ClosedError);
    running.cancel();
    await over;
    expect(await errorOf(supervisor.start(() => expect.unreachable()))).toBeInstanceOf(ClosedError);
  });

  it("start rejects with the CancelledError if the supervisor was cancelled without a shutdown (T10, V3)", async () => {
    using outer = new CancelScope();
    const { supervisor } = makeSupervisor({ parent: outer });
    outer.cancel();
    void supervisor.start(() => expect.unreachable());
    expect(await errorOf(supervisor.start(() => expect.unreachable()))).toBe(outer.reason);
    await supervisor.join();
  });

  it("start settles although the task was abandoned and ends much later (T10, V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const { supervisor } = makeSupervisor({ clock });
    const deaf = new CancelScope({ clock });
    const ready = supervisor.start<string>(async (_, started) => {
      await deaf.sleep(1_000);
      started("late");
    });
    let task: Task<unknown> | undefined;
    for (const each of supervisor.tasks) task = each;
    const report = await supervisor.shutdown({ timeout: 10 });
    expect(report.abandoned).toEqual([task?.name]);
    expect(await ready).toBe("late");
    expect(clock.now()).toBe(1_000);
  });
});

describe("supervisor.start under a limit", () => {
  it("start begins the task when its turn comes, also in a place that an early failure left (T10, T8)", async () => {
    const { supervisor, reported } = makeSupervisor({ limit: 1 });
    const failed = supervisor.start(() => Promise.reject(new Error("no")));
    const ready = supervisor.start<string>((_, started) => started("yes"));
    expect(supervisor.stats()).toMatchObject({ running: 1, queued: 1 });
    expect(await errorOf(failed)).toEqual(new Error("no"));
    expect(await ready).toBe("yes");
    await supervisor.join();
    expect(reported).toEqual([]);
  });

  it("start never begins a task whose turn did not come before the shutdown (T10, T8)", async () => {
    const { supervisor } = makeSupervisor({ limit: 1 });
    supervisor.createTask((scope) => scope.sleep(Infinity));
    const ready = supervisor.start(() => expect.unreachable());
    await supervisor.shutdown();
    expect(await errorOf(ready)).toMatchObject({ name: "AbortError" });
  });
});

describe("supervisor.start in Supervisor.run", () => {
  it("an early failure that the body awaits fails the body, bare (T10, V7)", async () => {
    const error = new Error("address in use");
    const run = Supervisor.run(async (supervisor) => {
      await supervisor.start(() => Promise.reject(error));
    });
    expect(await errorOf(run)).toBe(error);
  });

  it("an outer owner cancels start with the body, and recognises its cancellation (T10, V7)", async () => {
    const outer = new CancelScope();
    const run = outer.run(() =>
      Supervisor.run((supervisor) => supervisor.start((scope) => scope.sleep(Infinity)), { parent: outer }),
    );
    outer.cancel();
    expect(await run).toBeUndefined();
    expect(outer.cancelledCaught).toBe(true);
  });
});
