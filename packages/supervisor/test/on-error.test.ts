import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { Supervisor, type Task } from "../src/index.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";

describe("a failed task", () => {
  it("a failed task cancels no sibling and does not interrupt the body (V1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const reported: unknown[] = [];
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
        log.push("body continues");
        await supervisor.scope.sleep(15);
        return "all done";
      },
      { clock, onError: (error) => reported.push(error) },
    );
    expect(result).toBe("all done");
    expect(log).toEqual(["body continues", "sibling done"]);
    expect(reported).toEqual([new Error("boom")]);
  });

  it("the other tasks continue when a hundred fail at once (V1)", async () => {
    const reported: unknown[] = [];
    await using supervisor = new Supervisor({ onError: (error) => reported.push(error) });
    const survivor = supervisor.createTask((scope) => scope.checkpoint().then(() => "here"));
    for (let number = 0; number < 100; number++) {
      supervisor.createTask(async () => {
        throw number;
      });
    }
    expect(await survivor).toBe("here");
    expect(reported).toEqual(Array.from({ length: 100 }, (_, number) => number));
  });

  it("a failed task gives its error to its awaiter and to onError (V2)", async () => {
    const reported: unknown[] = [];
    await using supervisor = new Supervisor({ onError: (error) => reported.push(error) });
    const error = new Error("for both");
    const task = supervisor.createTask(() => Promise.reject(error));
    await expect(task).rejects.toBe(error);
    expect(reported).toEqual([error]);
  });
});

describe("onError", () => {
  it("onError gets each failure once, with the error itself and the task, which has ended (V2)", async () => {
    const reported: [unknown, Task<unknown>, string][] = [];
    await using supervisor = new Supervisor({ onError: (error, task) => reported.push([error, task, task.status]) });
    const errors = [new Error("asynchronous"), "a string", undefined, new AggregateError([], "empty")];
    const tasks: Task<unknown>[] = errors.map((error) => supervisor.createTask(() => Promise.reject(error)));
    await supervisor.join();
    expect(reported).toEqual(errors.map((error, index) => [error, tasks[index], "rejected"]));
  });

  it("onError gets a synchronous throw like any other failure, but only after createTask has returned (K1, V2)", async () => {
    const log: string[] = [];
    await using supervisor = new Supervisor({ onError: (error) => log.push(`onError got ${String(error)}`) });
    supervisor.createTask(() => {
      throw "a synchronous throw";
    });
    log.push("createTask returned");
    await settled();
    expect(log).toEqual(["createTask returned", "onError got a synchronous throw"]);
  });

  it("onError is called in the microtask in which the task ends: after its done-callbacks, before its awaiter (K4, V2)", async () => {
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

  it("onError is not called for cancelled tasks: one alone, all by the scope, one that was queued (V2)", async () => {
    const reported: unknown[] = [];
    const supervisor = new Supervisor({ limit: 2, onError: (error) => reported.push(error) });
    supervisor.createTask((scope) => scope.sleep(Infinity)).cancel();
    supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.createTask((scope) => scope.sleep(Infinity)).cancel("before its turn");
    supervisor.createTask((scope) => fetch("http://127.0.0.1:9/", { signal: scope.signal }));
    supervisor.scope.cancel();
    await supervisor.join();
    expect(reported).toEqual([]);
    expect(supervisor.stats().cancelled).toBe(4);
  });

  it("onError gets the error that a cancelled task throws in its cleanup (K2, V2)", async () => {
    const reported: unknown[] = [];
    const supervisor = new Supervisor({ onError: (error) => reported.push(error) });
    const task = supervisor.createTask(async (scope) => {
      try {
        await scope.sleep(Infinity);
      } finally {
        // eslint-disable-next-line no-unsafe-finally -- a careless cleanup does this
        throw new Error("the cleanup failed");
      }
    });
    task.cancel();
    await supervisor.join();
    expect(reported).toEqual([new Error("the cleanup failed")]);
    expect(task.status).toBe("rejected");
  });

  it("onError is called for a task that awaited a cancelled one: for the awaiter that is an ordinary error (K6)", async () => {
    const reported: unknown[] = [];
    await using supervisor = new Supervisor({ onError: (error, task) => reported.push(task.name, error) });
    const awaited = supervisor.createTask((scope) => scope.sleep(Infinity));
    supervisor.createTask(async function awaiter() {
      await awaited;
    });
    awaited.cancel();
    await settled();
    expect(reported).toEqual(["awaiter", awaited.scope.reason]);
  });

  it("onError may throw: the error is reported as uncaught, and the siblings continue (V2)", async () => {
    let reported = 0;
    const uncaught = await uncaughtDuring(async () => {
      await using supervisor = new Supervisor({
        onError: (error) => {
          reported++;
          throw new Error("the handler failed", { cause: error });
        },
      });
      const survivor = supervisor.createTask((scope) => scope.checkpoint().then(() => "here"));
      for (let number = 0; number < 10; number++) supervisor.createTask(() => Promise.reject(number));
      expect(await survivor).toBe("here");
      await supervisor.join();
      expect(supervisor.stats()).toMatchObject({ completed: 1, failed: 10 });
    });
    expect(reported).toBe(10);
    expect(uncaught).toHaveLength(10);
    expect(uncaught[3]).toEqual(new Error("the handler failed", { cause: 3 }));
  });

  it("onError is not waited for; a rejection of an async onError is unhandled, and not lost (V2)", async () => {
    const uncaught = await uncaughtDuring(async () => {
      const supervisor = new Supervisor({
        // eslint-disable-next-line @typescript-eslint/no-misused-promises -- TypeScript alone allows this
        onError: async (error) => Promise.reject(new Error("logging failed", { cause: error })),
      });
      supervisor.createTask(() => Promise.reject("first"));
      await supervisor.join();
    });
    expect(uncaught).toEqual([new Error("logging failed", { cause: "first" })]);
  });

  it("onError may start a task, and join waits for it (V2, V3)", async () => {
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

  it("a task that onError starts goes to the end of the queue, if there is one (T8)", async () => {
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
