import { CancelScope } from "@selvage/scope";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { ClosedError, ExceptionGroup, Supervisor } from "../src/index.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";

class Fatal extends Error {
  readonly code = "FATAL";
}

const isFatal = (error: unknown): boolean => error instanceof Fatal;
const quiet = { onError: (): void => {}, isFatal };
const fails =
  (error: unknown) =>
  (scope: CancelScope): Promise<never> =>
    scope.checkpoint().then(() => Promise.reject(error));

describe("a fatal failure", () => {
  it("a fatal failure cancels the body and the tasks, and run rejects with that same error (V8)", async () => {
    const fatal = new Fatal("disk full");
    let cause: unknown;
    const run = Supervisor.run(async (supervisor) => {
      const sibling = supervisor.createTask((scope) => scope.sleep(Infinity));
      sibling.addDoneCallback((task) => (cause = task.scope.reason?.cause));
      supervisor.createTask(fails(fatal));
      await supervisor.scope.sleep(Infinity);
    }, quiet);
    await expect(run).rejects.toBe(fatal);
    expect(cause).toBe(fatal);
  });

  it("a fatal failure shuts the supervisor down: it accepts no more tasks (V8)", async () => {
    let refused: unknown;
    const run = Supervisor.run(async (supervisor) => {
      supervisor.createTask(fails(new Fatal("disk full")));
      await supervisor.scope.sleep(Infinity).catch(() => {});
      try {
        supervisor.createTask(() => {});
      } catch (error) {
        refused = error;
      }
    }, quiet);
    await expect(run).rejects.toThrow("disk full");
    expect(refused).toBeInstanceOf(ClosedError);
  });

  it("run waits for the cleanup of the tasks that a fatal failure cancelled (V8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const run = Supervisor.run(
      (supervisor) => {
        supervisor.createTask((scope) => scope.sleep(Infinity).finally(() => new CancelScope({ clock }).sleep(30)));
        supervisor.createTask(fails(new Fatal("disk full")));
      },
      { ...quiet, clock },
    );
    await expect(run).rejects.toThrow("disk full");
    expect(clock.now()).toBe(30);
  });

  it("join rejects with the same fatal error (V8)", async () => {
    const fatal = new Fatal("disk full");
    const supervisor = new Supervisor(quiet);
    supervisor.createTask(fails(fatal));
    supervisor.createTask((scope) => scope.sleep(Infinity));
    await expect(supervisor.join()).rejects.toBe(fatal);
    await expect(supervisor.join()).rejects.toBe(fatal);
  });

  it("onError gets each fatal and each harmless failure, before isFatal is called (V2, V8)", async () => {
    const log: string[] = [];
    const supervisor = new Supervisor({
      onError: (error, task) => log.push(`onError got ${task.name}: ${(error as Error).message}`),
      isFatal: (error, task) => {
        log.push(`isFatal got ${task.name}`);
        return isFatal(error);
      },
    });
    supervisor.createTask(fails(new Error("harmless")), { name: "one" });
    supervisor.createTask(fails(new Fatal("fatal")), { name: "two" });
    await expect(supervisor.join()).rejects.toThrow("fatal");
    expect(log).toEqual(["onError got one: harmless", "isFatal got one", "onError got two: fatal", "isFatal got two"]);
  });

  it("a fatal failure ends the grace of a running shutdown (V4, V8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ ...quiet, clock });
    supervisor.createTask((scope) => scope.sleep(10).then(() => Promise.reject(new Fatal("disk full"))));
    supervisor.createTask((scope) => scope.sleep(1_000));
    const report = await supervisor.shutdown({ grace: 60_000 });
    expect(report).toEqual({ completed: 0, failed: 1, cancelled: 1, abandoned: [], elapsed: 10 });
    await expect(supervisor.join()).rejects.toThrow("disk full");
  });

  it("a fatal failure wins over the value of a body that has returned, or that ignores the shutdown (V8)", async () => {
    const returned = Supervisor.run((supervisor) => {
      supervisor.createTask(fails(new Fatal("after the body")));
      return "value";
    }, quiet);
    await expect(returned).rejects.toThrow("after the body");

    const ignores = Supervisor.run(async (supervisor) => {
      supervisor.createTask(fails(new Fatal("during the body")));
      await supervisor.scope.sleep(Infinity).catch(() => {});
      return "value";
    }, quiet);
    await expect(ignores).rejects.toThrow("during the body");
  });

  it("a fatal error is thrown once if the body awaited the fatal task (V8)", async () => {
    const fatal = new Fatal("disk full");
    const run = Supervisor.run((supervisor) => supervisor.createTask(fails(fatal)), quiet);
    await expect(run).rejects.toBe(fatal);
  });

  it("run rejects with a group of the fatal error and the body's error, in order of arrival (V8)", async () => {
    const fatal = new Fatal("disk full");
    const error = new Error("body");
    const fatalFirst = Supervisor.run(async (supervisor) => {
      supervisor.createTask(fails(fatal));
      await supervisor.scope.sleep(Infinity).catch(() => Promise.reject(error));
    }, quiet);
    const group: unknown = await fatalFirst.catch((caught: unknown) => caught);
    expect(group).toBeInstanceOf(ExceptionGroup);
    expect(group).toMatchObject({
      message: "the body and 1 task failed in a Supervisor: anonymous: disk full; the body: body",
      errors: [fatal, error],
      tasks: ["anonymous", undefined],
    });

    const bodyFirst = Supervisor.run((supervisor) => {
      supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject(fatal)));
      throw error;
    }, quiet);
    expect(await bodyFirst.catch((caught: unknown) => caught)).toMatchObject({ errors: [error, fatal] });
  });

  it("the first of several fatal errors is thrown, and onError gets the others (V8)", async () => {
    const reported: unknown[] = [];
    const supervisor = new Supervisor({ isFatal: () => true, onError: (error) => reported.push(error) });
    for (const number of [1, 2, 3]) supervisor.createTask(() => Promise.reject(number));
    supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject(4)));
    await expect(supervisor.join()).rejects.toBe(1);
    expect(reported).toEqual([1, 2, 3, 4]);
  });

  it("a fatal error may be any value, also undefined (V8)", async () => {
    const supervisor = new Supervisor({ onError: () => {}, isFatal: () => true });
    supervisor.createTask(() => Promise.reject(undefined));
    expect(await Promise.allSettled([supervisor.join()])).toEqual([{ status: "rejected", reason: undefined }]);
  });

  it("a fatal failure wins over an outer cancellation, whether that comes earlier or later (V8)", async () => {
    const earlier = new CancelScope();
    const run = Supervisor.run(
      (supervisor) => {
        supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject(new Fatal("in cleanup"))));
        return supervisor.scope.sleep(Infinity);
      },
      { ...quiet, parent: earlier },
    );
    earlier.cancel();
    await expect(run).rejects.toThrow("in cleanup");
    earlier.close();

    const later = new CancelScope();
    const other = Supervisor.run(
      (supervisor) => {
        supervisor.createTask(fails(new Fatal("first")));
        return supervisor.scope.sleep(Infinity);
      },
      {
        ...quiet,
        parent: later,
        onError: () => {
          later.cancel();
        },
      },
    );
    await expect(other).rejects.toThrow("first");
    later.close();
  });

  it("a fatal failure of an abandoned task still reaches onError, and a run that continues (V4, V8)", async () => {
    const reported: unknown[] = [];
    let failLate: (error: unknown) => void = () => {};
    const run = Supervisor.run(
      async (supervisor) => {
        supervisor.createTask(() => new Promise((_, reject) => (failLate = reject)));
        await supervisor.shutdown({ timeout: 0 });
        failLate(new Fatal("late"));
        await settled();
      },
      { isFatal, onError: (error) => reported.push(error) },
    );
    await expect(run).rejects.toThrow("late");
    expect(reported).toEqual([new Fatal("late")]);
  });
});

describe("isFatal", () => {
  it("isFatal is not called for cancelled tasks (V8)", async () => {
    const classified: unknown[] = [];
    const supervisor = new Supervisor({ onError: () => {}, isFatal: (error) => classified.push(error) > 0 });
    supervisor.createTask((scope) => scope.sleep(Infinity)).cancel();
    await supervisor.join();
    expect(classified).toEqual([]);
  });

  it("isFatal may throw: the error is reported as uncaught, and the failure is not fatal (V8)", async () => {
    const uncaught = await uncaughtDuring(async () => {
      const supervisor = new Supervisor({
        onError: () => {},
        isFatal: (cause) => {
          throw new Error("undecided", { cause });
        },
      });
      const survivor = supervisor.createTask((scope) => scope.checkpoint().then(() => "here"));
      supervisor.createTask(() => Promise.reject("boom"));
      expect(await survivor).toBe("here");
      await supervisor.join();
    });
    expect(uncaught).toEqual([new Error("undecided", { cause: "boom" })]);
  });

  it("isFatal is called although onError threw (V2, V8)", async () => {
    const uncaught = await uncaughtDuring(async () => {
      const supervisor = new Supervisor({
        isFatal,
        onError: () => {
          throw "the handler failed";
        },
      });
      supervisor.createTask(fails(new Fatal("disk full")));
      await expect(supervisor.join()).rejects.toThrow("disk full");
    });
    expect(uncaught).toEqual(["the handler failed"]);
  });
});
