import { CancelScope } from "@selvage/scope";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, expectTypeOf, it } from "vitest";
import { ExceptionGroup, Supervisor, type Task } from "../src/index.js";

const quiet = { onError: (): void => {} };

describe("Supervisor.run", () => {
  it("resolves with the body's value, or undefined, and its type says so (V7)", async () => {
    const run = Supervisor.run(() => 42);
    expectTypeOf(run).toEqualTypeOf<Promise<number | undefined>>();
    expect(await run).toBe(42);
    expectTypeOf(Supervisor.run(async () => "text" as const)).toEqualTypeOf<Promise<"text" | undefined>>();
    // @ts-expect-error -- a body is a function
    expect(() => Supervisor.run("body")).toThrow(new TypeError('The body must be a function, got "body".'));
  });

  it("calls the body at once, but throws misuse before it does (V7)", () => {
    let calls = 0;
    const body = (): number => ++calls;
    expect(() => Supervisor.run(body, { limit: -1 })).toThrow(RangeError);
    expect(calls).toBe(0);
    void Supervisor.run(body);
    expect(calls).toBe(1);
  });

  it("waits for the tasks after the body has ended, those included that come then (V7)", async () => {
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

  it("waits for the cleanup of a task that the body itself cancelled (V7)", async () => {
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

  describe("whose body throws", () => {
    it("cancels the tasks, waits for them, and rethrows the very error, bare (V7)", async () => {
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

    it("rejects alike where the throw is synchronous, and whatever is thrown (V7)", async () => {
      for (const thrown of [new Error("body"), "text", undefined, null, 0, Number.NaN]) {
        const run = Supervisor.run(() => {
          throw thrown;
        });
        expect(await Promise.allSettled([run])).toEqual([{ status: "rejected", reason: thrown }]);
      }
    });

    it("tells onError, and only onError, of what the tasks throw in their cleanup (V2, V7)", async () => {
      const told: unknown[] = [];
      const error = new Error("body");
      const run = Supervisor.run(
        (supervisor) => {
          supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => Promise.reject("cleanup")));
          throw error;
        },
        { onError: (error) => told.push(error) },
      );
      await expect(run).rejects.toBe(error);
      expect(told).toEqual(["cleanup"]);
    });

    it("refuses new tasks while it waits (V3)", async () => {
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

    it("rethrows the error of a task that it awaited (K3, V7)", async () => {
      const error = new Error("task");
      const run = Supervisor.run(async (supervisor) => {
        await supervisor.createTask(() => Promise.reject(error));
      }, quiet);
      await expect(run).rejects.toBe(error);
    });

    it("rethrows the CancelledError of a task that it awaited and somebody cancelled (K6, V7)", async () => {
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

  describe("whose supervisor is shut down from elsewhere", () => {
    it("cuts the body short and resolves undefined (V7)", async () => {
      const clock = new VirtualClock({ autojump: true });
      let supervisor: Supervisor | undefined;
      const run = Supervisor.run(
        async (own) => {
          supervisor = own;
          await own.scope.sleep(Infinity);
          return "never";
        },
        { clock },
      );
      const report = await supervisor?.shutdown();
      expect(report).toMatchObject({ completed: 0, elapsed: 0 });
      expect(await run).toBeUndefined();
    });

    it("keeps the value of a body that ignores it (V7)", async () => {
      let supervisor: Supervisor | undefined;
      const run = Supervisor.run(async (own) => {
        supervisor = own;
        await own.scope.sleep(Infinity).catch(() => {});
        return "kept";
      });
      await supervisor?.shutdown();
      expect(await run).toBe("kept");
    });

    it("rejects with the error of a body that fails of it (V7)", async () => {
      let supervisor: Supervisor | undefined;
      const run = Supervisor.run(async (own) => {
        supervisor = own;
        await own.scope.sleep(Infinity).catch(() => Promise.reject(new Error("cannot stop")));
      });
      await supervisor?.shutdown();
      await expect(run).rejects.toThrow("cannot stop");
    });

    it("takes the platform's abort, a wrapped one and a group of them for a cut (S15, V7)", async () => {
      const conversions = [
        () => new DOMException("aborted", "AbortError"),
        (cause: unknown) => new Error("wrapped", { cause }),
        (error: unknown) => new AggregateError([error]),
      ];
      for (const convert of conversions) {
        let supervisor: Supervisor | undefined;
        const run = Supervisor.run((own) => {
          supervisor = own;
          return own.scope.sleep(Infinity).catch((error: unknown) => Promise.reject(convert(error)));
        });
        await supervisor?.shutdown();
        expect(await run).toBeUndefined();
      }
    });

    it("waits for a body that unwinds slowly, which the shutdown does not (V4, V7)", async () => {
      const clock = new VirtualClock();
      const log: string[] = [];
      let supervisor: Supervisor | undefined;
      const run = Supervisor.run(
        async (own) => {
          supervisor = own;
          await own.scope.sleep(Infinity).catch(() => {});
          using cleanup = new CancelScope({ clock });
          await cleanup.sleep(100);
        },
        { clock },
      );
      void run.then(() => log.push("run"));
      void supervisor?.shutdown().then(() => log.push("shutdown"));
      await clock.advance(99);
      expect(log).toEqual(["shutdown"]);
      await clock.advance(1);
      expect(log).toEqual(["shutdown", "run"]);
    });

    it("lets the body go on through the grace, but no longer than there are tasks (V4, V7)", async () => {
      const clock = new VirtualClock({ autojump: true });
      let supervisor: Supervisor | undefined;
      let cutAt: number | undefined;
      const run = Supervisor.run(
        async (own) => {
          supervisor = own;
          own.scope.onCancel(() => (cutAt = clock.now()));
          own.createTask((scope) => scope.sleep(30));
          await own.scope.sleep(Infinity);
        },
        { clock },
      );
      expect(await supervisor?.shutdown({ grace: 100 })).toMatchObject({ completed: 1, elapsed: 30 });
      expect(cutAt).toBe(30);
      expect(await run).toBeUndefined();
    });

    it("resolves with the body's value where it had returned before (V7)", async () => {
      let supervisor: Supervisor | undefined;
      const run = Supervisor.run((own) => {
        supervisor = own;
        own.createTask((scope) => scope.sleep(Infinity));
        return "returned";
      });
      await settled();
      expect(await supervisor?.shutdown()).toMatchObject({ cancelled: 1 });
      expect(await run).toBe("returned");
    });
  });

  describe("cancelled by an outer owner", () => {
    it("cuts body and tasks, waits for them, and rejects with the outer CancelledError (V7)", async () => {
      const clock = new VirtualClock({ autojump: true });
      const outer = new CancelScope({ clock });
      let task: Task<void> | undefined;
      const run = Supervisor.run(
        async (supervisor) => {
          task = supervisor.createTask((scope) =>
            scope.sleep(Infinity).finally(() => new CancelScope({ clock }).sleep(9)),
          );
          await supervisor.scope.sleep(Infinity);
        },
        { parent: outer },
      );
      outer.cancel("outer");
      await expect(run).rejects.toBe(outer.reason);
      expect(clock.now()).toBe(9);
      expect(task?.status).toBe("cancelled");
      outer.close();
    });

    it("is absorbed by that owner, and by nothing below (S14, V7)", async () => {
      const clock = new VirtualClock({ autojump: true });
      let wentOn = false;
      const outer = CancelScope.run(
        async (parent) => {
          await Supervisor.run((supervisor) => supervisor.scope.sleep(Infinity), { parent });
          wentOn = true;
        },
        { clock, deadline: 10 },
      );
      expect(await outer).toBeUndefined();
      expect(wentOn).toBe(false);
    });

    it("rejects also where only a task was cut, and the body had returned (V7)", async () => {
      const outer = new AbortController();
      const run = Supervisor.run(
        (supervisor) => {
          supervisor.createTask((scope) => scope.sleep(Infinity));
          return "value";
        },
        { parent: outer.signal },
      );
      await settled();
      outer.abort("outer");
      await expect(run).rejects.toMatchObject({ name: "AbortError", cause: "outer" });
    });

    it("resolves with the value where nothing was cut (V7)", async () => {
      const outer = new CancelScope();
      const run = Supervisor.run(
        async (supervisor) => {
          supervisor.createTask((scope) => scope.sleep(Infinity).catch(() => "finished all the same"));
          supervisor.createTask((scope) => scope.sleep(Infinity)).cancel("by itself");
          await settled();
          outer.cancel();
          return "value";
        },
        { parent: outer.signal },
      );
      expect(await run).toBe("value");
    });

    it("rejects with the body's own error where it failed of it (V7)", async () => {
      const outer = new CancelScope();
      const run = Supervisor.run(
        (supervisor) => supervisor.scope.sleep(Infinity).catch(() => Promise.reject(new Error("body"))),
        { parent: outer.signal },
      );
      outer.cancel();
      await expect(run).rejects.toThrow("body");
    });

    it("rejects with the outer CancelledError if that came during a shutdown's grace (V4, V7)", async () => {
      const clock = new VirtualClock();
      const outer = new CancelScope({ clock });
      let supervisor: Supervisor | undefined;
      const run = Supervisor.run(
        async (own) => {
          supervisor = own;
          own.createTask((scope) => scope.sleep(Infinity));
          await own.scope.sleep(Infinity);
        },
        { parent: outer },
      );
      const shutdown = supervisor?.shutdown({ grace: 100 });
      await clock.advance(40);
      outer.cancel();
      expect(await shutdown).toEqual({ completed: 0, failed: 0, cancelled: 1, abandoned: [], elapsed: 40 });
      await expect(run).rejects.toBe(outer.reason);
      outer.close();
      expect(clock.pending).toBe(0);
    });

    it("resolves undefined if the shutdown was first (V7)", async () => {
      const outer = new CancelScope();
      let supervisor: Supervisor | undefined;
      const run = Supervisor.run((own) => (supervisor = own).scope.sleep(Infinity), { parent: outer });
      void supervisor?.shutdown();
      outer.cancel();
      expect(await run).toBeUndefined();
      outer.close();
    });
  });

  describe("whose scope is cancelled without a shutdown", () => {
    it("rejects with the supervisor's own CancelledError where the body was cut (T4, V7)", async () => {
      let supervisor: Supervisor | undefined;
      const run = Supervisor.run((own) => (supervisor = own).scope.sleep(Infinity));
      supervisor?.scope.cancel("mine");
      await expect(run).rejects.toBe(supervisor?.scope.reason);
    });

    it("resolves with the body's value where only tasks were cut (T4, V7)", async () => {
      const run = Supervisor.run((supervisor) => {
        supervisor.createTask((scope) => scope.sleep(Infinity));
        supervisor.scope.cancel();
        return "value";
      });
      expect(await run).toBe("value");
    });
  });

  it("rejects with a group where the body fails and leaves scopes open besides (S16, V7)", async () => {
    const run = Supervisor.run((supervisor) => {
      new CancelScope({ parent: supervisor.scope, name: "forgotten" });
      throw "body";
    });
    const error = await run.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect(error).toMatchObject({
      message: "unhandled errors in a Supervisor",
      errors: ["body", { name: "InvalidStateError" }],
    });
  });

  it("may be joined by its body, which then sees what run will throw (V7, V8)", async () => {
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
