import { CancelScope } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import { ExceptionGroup, Supervisor, type Task } from "../src/index.js";

const quiet = { onError: (): void => {} };

describe("Supervisor.run", () => {
  it("run resolves with the body's value, or undefined, and its type says so (V7)", async () => {
    const run = Supervisor.run(() => 42);
    expectTypeOf(run).toEqualTypeOf<Promise<number | undefined>>();
    expect(await run).toBe(42);
    expectTypeOf(Supervisor.run(async () => "text" as const)).toEqualTypeOf<Promise<"text" | undefined>>();
    // @ts-expect-error -- a body is a function
    expect(() => Supervisor.run("body")).toThrow(new TypeError('The body must be a function, got "body".'));
  });

  it("run calls the body at once, but throws misuse before it does (V7)", () => {
    let calls = 0;
    const body = (): number => ++calls;
    expect(() => Supervisor.run(body, { limit: -1 })).toThrow(RangeError);
    expect(calls).toBe(0);
    void Supervisor.run(body);
    expect(calls).toBe(1);
  });

  it("run waits for the tasks after the body has ended, also for tasks that are created then (V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    const value = await Supervisor.run(
      (supervisor) => {
        supervisor.createTask(async (scope) => {
          await scope.sleep(10);
          supervisor.createTask(async (own) => {
            await own.sleep(10);
            log.push("grandchild");
          });
        });
        return "value";
      },
      { clock },
    );
    expect(value).toBe("value");
    expect(log).toEqual(["grandchild"]);
    expect(clock.now()).toBe(20);
  });

  it("run waits for the cleanup of a task that the body itself cancelled (V7)", async () => {
    const clock = new VirtualClock({ autojump: true });
    await Supervisor.run(
      (supervisor) => {
        const task = supervisor.createTask((scope) => scope.sleep(Infinity).finally(() => supervisor.scope.sleep(7)));
        task.cancel();
      },
      { clock },
    );
    expect(clock.now()).toBe(7);
  });

  describe("Supervisor.run whose body throws", () => {
    it("run cancels the tasks, waits for them, and rethrows the same error, bare (V7)", async () => {
      const clock = new VirtualClock({ autojump: true });
      const error = new Error("body");
      let task: Task<void> | undefined;
      const run = Supervisor.run(
        async (supervisor) => {
          task = supervisor.createTask(async (scope) => {
            await scope.sleep(Infinity).catch(() => {});
            using cleanup = new CancelScope({ parent: scope, shield: true });
            await cleanup.sleep(50);
            scope.throwIfCancelled();
          });
          throw error;
        },
        { clock },
      );
      await expect(run).rejects.toBe(error);
      expect(clock.now()).toBe(50);
      expect(task?.status).toBe("cancelled");
      expect(task?.scope.reason?.cause).toBe(error);
    });

    it("run rejects in the same way if the throw is synchronous, whatever is thrown (V7)", async () => {
      for (const thrown of [new Error("body"), "text", undefined, null, 0, Number.NaN]) {
        const run = Supervisor.run(() => {
          throw thrown;
        });
        expect(await Promise.allSettled([run])).toEqual([{ status: "rejected", reason: thrown }]);
      }
    });

    it("only onError gets the errors that tasks throw in their cleanup after the body has thrown (V2, V7)", async () => {
      const reported: unknown[] = [];
      const error = new Error("body");
      const run = Supervisor.run(
        (supervisor) => {
          supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject("cleanup")));
          throw error;
        },
        { onError: (error) => reported.push(error) },
      );
      await expect(run).rejects.toBe(error);
      expect(reported).toEqual(["cleanup"]);
    });

    it("run refuses new tasks while it waits (V3)", async () => {
      let refused: unknown;
      const run = Supervisor.run(async (supervisor) => {
        supervisor.createTask(async (scope) => {
          await scope.sleep(Infinity).catch(() => {});
          try {
            supervisor.createTask(() => {});
          } catch (error) {
            refused = error;
          }
        });
        throw new Error("body");
      });
      await expect(run).rejects.toThrow("body");
      expect(refused).toMatchObject({ name: "AbortError" });
    });

    it("run rethrows the error of a task that the body awaited (K3, V7)", async () => {
      const error = new Error("task");
      const run = Supervisor.run(async (supervisor) => {
        await supervisor.createTask(() => Promise.reject(error));
      }, quiet);
      await expect(run).rejects.toBe(error);
    });

    it("run rethrows the CancelledError of a task that the body awaited and other code cancelled (K6, V7)", async () => {
      let task: Task<void> | undefined;
      const run = Supervisor.run(async (supervisor) => {
        task = supervisor.createTask((scope) => scope.sleep(Infinity));
        task.cancel("by itself");
        await task;
      });
      await expect(run).rejects.toMatchObject({ cause: "by itself" });
      await expect(run).rejects.toBe(task?.scope.reason);
    });
  });

  it("run rejects with a group if the body fails and also leaves scopes open (S16, V7)", async () => {
    const run = Supervisor.run((supervisor) => {
      void new CancelScope({ parent: supervisor.scope, name: "forgotten" }).settle(new Promise(() => {}));
      throw "body";
    });
    const error = await run.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^the body failed in a Supervisor: a string; 1 scope is still open in /) as string,
      errors: ["body", { name: "InvalidStateError" }],
    });
  });

  it("a body that has failed leaves no error of the scopes that it left open, if nothing runs or waits in them (S16, V7)", async () => {
    const error = new Error("no database");
    const run = Supervisor.run((supervisor) => {
      new CancelScope({ parent: supervisor.scope, name: "idle" });
      throw error;
    });
    await expect(run).rejects.toBe(error);
  });

  it("a body that returned and left a scope open makes run fail, although nothing runs or waits in it (S16, V7)", async () => {
    const run = Supervisor.run((supervisor) => {
      new CancelScope({ parent: supervisor.scope, name: "idle" });
    });
    await expect(run).rejects.toThrow(/1 scope is still open in a scope that ends: "idle"/);
  });

  it("the body may call join, which then throws what run will throw (V7, V8)", async () => {
    const seen: unknown[] = [];
    const run = Supervisor.run(
      async (supervisor) => {
        supervisor.createTask(() => Promise.reject("fatal"));
        await supervisor.join().catch((error: unknown) => seen.push(error));
      },
      { ...quiet, isFatal: () => true },
    );
    await expect(run).rejects.toBe("fatal");
    expect(seen).toEqual(["fatal"]);
  });
});
