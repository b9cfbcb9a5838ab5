import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { Supervisor, type Task } from "../src/index.js";
import { uncaughtDuring } from "./uncaught.js";

describe("a failed task", () => {
  it("cancels no sibling and does not interrupt the body (V1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const told: unknown[] = [];
    const log: string[] = [];
    const result = await Supervisor.run(
      async (supervisor) => {
        supervisor.createTask(async (scope) => {
          await scope.sleep(20);
          log.push("sibling done");
        });
        supervisor.createTask(async (scope) => {
          await scope.sleep(10);
          throw new Error("boom");
        });
        await supervisor.scope.sleep(15);
        log.push("body goes on");
        await supervisor.scope.sleep(15);
        return "all done";
      },
      { clock, onError: (error) => told.push(error) },
    );
    expect(result).toBe("all done");
    expect(log).toEqual(["body goes on", "sibling done"]);
    expect(told).toEqual([new Error("boom")]);
  });

  it("leaves the others to themselves when a hundred fail at once (V1)", async () => {
    const told: unknown[] = [];
    await using supervisor = new Supervisor({ onError: (error) => told.push(error) });
    const survivor = supervisor.createTask((scope) => scope.checkpoint().then(() => "here"));
    for (let number = 0; number < 100; number++) {
      supervisor.createTask(async () => {
        throw number;
      });
    }
    expect(await survivor).toBe("here");
    expect(told).toEqual(Array.from({ length: 100 }, (_, number) => number));
  });

  it("gives its error to whoever awaits it, and to onError as well (V2)", async () => {
    const told: unknown[] = [];
    await using supervisor = new Supervisor({ onError: (error) => told.push(error) });
    const error = new Error("for both");
    const task = supervisor.createTask(() => Promise.reject(error));
    await expect(task).rejects.toBe(error);
    expect(told).toEqual([error]);
  });
});

describe("onError", () => {
  it("is told of each failure once, with the error itself and the task, which has ended (V2)", async () => {
    const told: [unknown, Task<unknown>, string][] = [];
    await using supervisor = new Supervisor({ onError: (error, task) => told.push([error, task, task.status]) });
    const errors = [new Error("asynchronous"), "a string", undefined, new AggregateError([], "empty")];
    const tasks: Task<unknown>[] = errors.map((error) => supervisor.createTask(() => Promise.reject(error)));
    await supervisor.join();
    expect(told).toEqual(errors.map((error, index) => [error, tasks[index], "rejected"]));
  });

  it("is told of a synchronous throw as of any other, but not before createTask has returned (K1, V2)", async () => {
    const log: string[] = [];
    await using supervisor = new Supervisor({ onError: (error) => log.push(`told of ${String(error)}`) });
    supervisor.createTask(() => {
      throw "a synchronous throw";
    });
    log.push("createTask returned");
    await settled();
    expect(log).toEqual(["createTask returned", "told of a synchronous throw"]);
  });

  it("is told in the microtask in which the task ends: after its done-callbacks, before its awaiter (K4, V2)", async () => {
    const log: string[] = [];
    await using supervisor = new Supervisor({ onError: () => log.push("onError") });
    const task = supervisor.createTask((scope) => scope.checkpoint().then(() => Promise.reject(new Error("late"))));
    task.addDoneCallback(() => {
      log.push("done-callback");
      queueMicrotask(() => log.push("next microtask"));
    });
    await Promise.resolve(task).catch(() => log.push("awaiter"));
    await settled();
    expect(log.slice(0, 2)).toEqual(["done-callback", "onError"]);
    expect(log.slice(2).sort()).toEqual(["awaiter", "next microtask"]);
  });

  it("is not told of cancelled tasks: one by itself, all by the scope, one before its turn (V2)", async () => {
    const told: unknown[] = [];
    const supervisor = new Supervisor({ limit: 2, onError: (error) => told.push(error) });
    supervisor.createTask((scope) => scope.sleep(Infinity)).cancel();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.createTask((scope) => scope.sleep(Infinity)).cancel("before its turn");
    supervisor.createTask((scope) => fetch("http://127.0.0.1:9/", { signal: scope.signal }));
    supervisor.scope.cancel();
    await supervisor.join();
    expect(told).toEqual([]);
    expect(supervisor.stats().cancelled).toBe(4);
  });

  it("is told of what a task throws in its cleanup, having been cancelled (K2, V2)", async () => {
    const told: unknown[] = [];
    const supervisor = new Supervisor({ onError: (error) => told.push(error) });
    const task = supervisor.createTask(async (scope) => {
      try {
        await scope.sleep(Infinity);
      } finally {
        // eslint-disable-next-line no-unsafe-finally -- what a careless cleanup does
        throw new Error("the cleanup failed");
      }
    });
    task.cancel();
    await supervisor.join();
    expect(told).toEqual([new Error("the cleanup failed")]);
    expect(task.status).toBe("rejected");
  });

  it("is told that a task has awaited a cancelled one: for the awaiter that is an error like any other (K6)", async () => {
    const told: unknown[] = [];
    await using supervisor = new Supervisor({ onError: (error, task) => told.push(task.name, error) });
    const awaited = supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.createTask(async function awaiter() {
      await awaited;
    });
    awaited.cancel();
    await settled();
    expect(told).toEqual(["awaiter", awaited.scope.reason]);
  });

  it("may throw: that is reported as uncaught, and the siblings go on (V2)", async () => {
    let told = 0;
    const uncaught = await uncaughtDuring(async () => {
      await using supervisor = new Supervisor({
        onError: (error) => {
          told++;
          throw new Error("the handler failed", { cause: error });
        },
      });
      const survivor = supervisor.createTask((scope) => scope.checkpoint().then(() => "here"));
      for (let number = 0; number < 10; number++) supervisor.createTask(() => Promise.reject(number));
      expect(await survivor).toBe("here");
      await supervisor.join();
      expect(supervisor.stats()).toMatchObject({ completed: 1, failed: 10 });
    });
    expect(told).toBe(10);
    expect(uncaught).toHaveLength(10);
    expect(uncaught[3]).toEqual(new Error("the handler failed", { cause: 3 }));
  });

  it("is not waited for; where it is async, a rejection of it is unhandled, and not lost (V2)", async () => {
    const uncaught = await uncaughtDuring(async () => {
      const supervisor = new Supervisor({
        // eslint-disable-next-line @typescript-eslint/no-misused-promises -- what TypeScript alone lets pass
        onError: async (error) => Promise.reject(new Error("logging failed", { cause: error })),
      });
      supervisor.createTask(() => Promise.reject("first"));
      await supervisor.join();
    });
    expect(uncaught).toEqual([new Error("logging failed", { cause: "first" })]);
  });

  it("may start a task, for which join waits (V2, V3)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let attempts = 0;
    const attempt = async (): Promise<void> => {
      if (++attempts < 3) throw new Error(`attempt ${attempts}`);
    };
    const start = (): void => void supervisor.createTask(attempt);
    const supervisor = new Supervisor({ clock, onError: start });
    start();
    await supervisor.join();
    expect(supervisor.stats()).toMatchObject({ completed: 1, failed: 2 });
  });

  it("starts a task at the end of the line, where there is one (T8)", async () => {
    const log: string[] = [];
    const start = (name: string): void => {
      supervisor.createTask(async () => {
        log.push(name);
        if (name === "fails") throw new Error(name);
      });
    };
    const supervisor = new Supervisor({
      limit: 1,
      onError: () => {
        start("from onError");
      },
    });
    for (const name of ["fails", "waits", "waits longer"]) start(name);
    await supervisor.join();
    expect(log).toEqual(["fails", "waits", "waits longer", "from onError"]);
  });
});
