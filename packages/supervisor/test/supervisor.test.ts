import { CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { ClosedError, Supervisor, type Task } from "../src/index.js";

const quiet = { onError: (): void => {} };
const idle = { running: 0, queued: 0, restarting: 0, restarts: 0 };

describe("new Supervisor", () => {
  it.each([
    [{ onError: 1 }, "onError must be a function, got 1."],
    [{ isFatal: "yes" }, 'isFatal must be a function, got "yes".'],
    [{ limit: "2" }, 'A limit must be a positive integer or Infinity, got "2".'],
    [{ limit: 0 }, "A limit must be a positive integer or Infinity, got 0."],
    [{ limit: 1.5 }, "A limit must be a positive integer or Infinity, got 1.5."],
    [{ name: 7 }, 'The option "name" must be a string, got 7.'],
    [{ parent: {} }, 'The option "parent" must be a CancelScope or an AbortSignal, got an object.'],
    [{ clock: {} }, 'The option "clock" must be a Clock (now, setTimer, clearTimer), got an object.'],
  ])("the constructor refuses %o and says what it expected", (options, message) => {
    expect(() => new Supervisor(options as never)).toThrow(message);
  });

  it("the constructor refuses a closed parent", () => {
    const parent = new CancelScope();
    parent.close();
    expect(() => new Supervisor({ parent })).toThrow(ClosedError);
  });

  it("a supervisor names itself and its tasks in the tree (C3)", async () => {
    await using supervisor = new Supervisor({ name: "server", clock: new VirtualClock() });
    supervisor.createTask(async function handle(scope) {
      await scope.sleep(Infinity);
    });
    expect(describeTree(supervisor.scope)).toBe('Supervisor "server": live\n  task "handle": running');
  });
});

describe("supervisor.tasks", () => {
  it("tasks lists the tasks that have not ended, in order of creation, anew at every iteration", async () => {
    const clock = new VirtualClock();
    await using supervisor = new Supervisor({ clock, limit: 3 });
    for (const ms of [10, 20, 30, 40]) supervisor.createTask((scope) => scope.sleep(ms), { name: `${ms} ms` });
    const { tasks } = supervisor;
    const names = (): string[] => Array.from(tasks, (task) => task.name);
    expect(names()).toEqual(["10 ms", "20 ms", "30 ms", "40 ms"]);
    await clock.advance(20);
    expect(names()).toEqual(["30 ms", "40 ms"]);
    expect(supervisor.size).toBe(2);
    await clock.advance(40);
    expect(names()).toEqual([]);
  });

  it("tasks may be iterated over while tasks end and start", async () => {
    const supervisor = new Supervisor();
    for (let number = 0; number < 3; number++) supervisor.createTask((scope) => scope.sleep(Infinity));
    let seen = 0;
    for (const task of supervisor.tasks) {
      seen++;
      task.cancel();
      await settled();
      supervisor.createTask((scope) => scope.checkpoint());
    }
    expect(seen).toBe(3);
    await supervisor.join();
    expect(supervisor.stats()).toEqual({ ...idle, completed: 3, failed: 0, cancelled: 3 });
  });

  it("tasks no longer contains a task when its done-callbacks and onError run", async () => {
    const seen: number[] = [];
    const look = (): void => void seen.push([...supervisor.tasks].length);
    const supervisor = new Supervisor({ onError: look });
    supervisor.createTask(() => Promise.reject(new Error("failed"))).addDoneCallback(look);
    await supervisor.join();
    expect(seen).toEqual([0, 0]);
  });
});

describe("supervisor.stats", () => {
  it("stats counts what runs, what waits, and how the other tasks ended", async () => {
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ ...quiet, clock, limit: 4 });
    expect(supervisor.stats()).toEqual({ ...idle, completed: 0, failed: 0, cancelled: 0 });
    supervisor.createTask(() => "done");
    supervisor.createTask(() => Promise.reject(new Error("failed")));
    supervisor.createTask((scope) => scope.sleep(Infinity)).cancel();
    supervisor.createTask((scope) => scope.sleep(10));
    supervisor.createTask((scope) => scope.sleep(10));
    supervisor.createTask((scope) => scope.sleep(10)).cancel();
    expect(supervisor.stats()).toEqual({ ...idle, running: 4, queued: 2, completed: 0, failed: 0, cancelled: 0 });
    await settled();
    expect(supervisor.stats()).toEqual({ ...idle, running: 2, queued: 0, completed: 1, failed: 1, cancelled: 2 });
    await clock.advance(10);
    expect(supervisor.stats()).toEqual({ ...idle, completed: 3, failed: 1, cancelled: 2 });
    await supervisor.join();
  });
});

describe("supervisor.stats, of a task that is cancelled before its turn", () => {
  it("stats counts a cancelled queued task as queued until it ends, as the task itself does, never as running (V12, T8)", async () => {
    const supervisor = new Supervisor({ limit: 1, clock: new VirtualClock() });
    supervisor.createTask((scope) => scope.sleep(10));
    const task = supervisor.createTask(() => expect.fail("it runs"));
    task.cancel();
    expect(task.queued).toBe(true);
    expect(supervisor.stats()).toMatchObject({ running: 1, queued: 1, cancelled: 0 });
    await settled();
    expect(supervisor.stats()).toMatchObject({ running: 1, queued: 0, cancelled: 1 });
    await supervisor.shutdown();
  });
});

describe("supervisor.join", () => {
  it("join waits for all tasks, also for tasks created meanwhile, and returns one promise", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(async (scope) => {
      await scope.sleep(10);
      supervisor.createTask((own) => own.sleep(10));
    });
    const joined = supervisor.join();
    expect(supervisor.join()).toBe(joined);
    await joined;
    expect(clock.now()).toBe(20);
  });

  it("join waits for a task that is created in the microtasks between the last task's end and the join's own end (V3)", async () => {
    for (let microtasks = 0; microtasks < 10; microtasks++) {
      const supervisor = new Supervisor();
      const last = supervisor.createTask((scope) => scope.checkpoint());
      let late: Task<string> | undefined;
      const comeLate = async (): Promise<void> => {
        await last;
        for (let count = 0; count < microtasks; count++) await Promise.resolve();
        late = supervisor.createTask((scope) => scope.checkpoint().then(() => "not cancelled"));
      };
      // Either it is refused, or it is waited for.
      await Promise.all([
        supervisor.join(),
        comeLate().catch((error: unknown) => expect(error).toBeInstanceOf(ClosedError)),
      ]);
      if (late !== undefined) expect(late.result()).toBe("not cancelled");
    }
  });

  it("join resolves although tasks failed or were cancelled, each alone or all by the scope (V1)", async () => {
    const supervisor = new Supervisor(quiet);
    supervisor.createTask(() => Promise.reject(new Error("failed")));
    supervisor.createTask((scope) => scope.sleep(Infinity)).cancel();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.scope.cancel();
    expect(await supervisor.join()).toBeUndefined();
  });

  it("join rejects with the outer CancelledError if that cancelled a task (V7)", async () => {
    const parent = new CancelScope();
    const supervisor = new Supervisor({ parent });
    supervisor.createTask((scope) => scope.sleep(Infinity));
    parent.cancel("outer");
    await expect(supervisor.join()).rejects.toBe(parent.reason);
    parent.close();
  });

  it("join resolves if nothing was interrupted by the outer cancellation (V7)", async () => {
    const parent = new CancelScope();
    const supervisor = new Supervisor({ parent });
    supervisor.createTask((scope) => scope.checkpoint().catch(() => "went on"));
    supervisor.createTask((scope) => scope.sleep(Infinity)).cancel("by itself");
    parent.cancel();
    expect(await supervisor.join()).toBeUndefined();
  });

  it("join throws an error about scopes that are left open in the supervisor's scope (S16)", async () => {
    const supervisor = new Supervisor();
    const left = new CancelScope({ parent: supervisor.scope, name: "forgotten" });
    await expect(supervisor.join()).rejects.toThrow(/1 scope is still open in a scope that ends: "forgotten"/);
    expect(left.cancelled).toBe(true);
  });
});

describe("supervisor[Symbol.asyncDispose]", () => {
  it("disposing shuts down: it cancels what is left and waits for its cleanup (V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let cleanedUp = 0;
    {
      await using supervisor = new Supervisor({ clock });
      supervisor.createTask(async (scope) => {
        try {
          await scope.sleep(Infinity);
        } finally {
          using cleanup = new CancelScope({ parent: scope, shield: true });
          await cleanup.sleep(5);
          cleanedUp = clock.now();
        }
      });
    }
    expect(cleanedUp).toBe(5);
  });

  it("disposing throws no error of a task, and lets the block's own error pass", async () => {
    const block = async (): Promise<void> => {
      await using supervisor = new Supervisor({ ...quiet, isFatal: () => true });
      supervisor.createTask(() => Promise.reject(new Error("failed")));
      await settled();
      throw new Error("the block's");
    };
    await expect(block()).rejects.toEqual(new Error("the block's"));
  });

  it("disposing waits for nothing after a join, and may be repeated", async () => {
    const supervisor = new Supervisor();
    supervisor.createTask((scope) => scope.checkpoint());
    await supervisor.join();
    expect(await supervisor[Symbol.asyncDispose]()).toBeUndefined();
    expect(await supervisor[Symbol.asyncDispose]()).toBeUndefined();
  });

  it("disposing detaches the supervisor from the parent, which may then close (S16)", async () => {
    using parent = new CancelScope();
    {
      await using supervisor = new Supervisor({ parent });
      supervisor.createTask((scope) => scope.sleep(Infinity));
    }
    expect(() => {
      parent.close();
    }).not.toThrow();
  });
});
