import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, InvalidStateError, TaskGroup } from "../src/index.js";
import { errorsOf, outcomeOf } from "./outcome.js";

type Started<S> = (value: S) => void;

/** A child that is ready at once and then serves until it is cancelled. */
async function serve(scope: CancelScope, started: Started<number>): Promise<void> {
  started(8080);
  await scope.sleep(Infinity);
}

describe("group.start", () => {
  it("start resolves with the value of a child that lives on in the group (T10)", async () => {
    const port = await TaskGroup.run(async (group) => {
      const ready = group.start(serve);
      expectTypeOf(ready).toEqualTypeOf<Promise<number>>();
      const value = await ready;
      expect(group.size).toBe(1);
      group.cancel();
      return value;
    });
    expect(port).toBe(8080);
  });

  it("start keeps the group open while the child starts, and after (T10, T1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    await TaskGroup.run(
      (group) => {
        void group.start(async (scope, started) => {
          await scope.sleep(5);
          started();
          await scope.sleep(1);
        });
      },
      { clock },
    );
    expect(clock.now()).toBe(6);
  });

  it("start can start children one after the other, each of which needs the one before (T10)", async () => {
    const log: string[] = [];
    await TaskGroup.run(async (group) => {
      const address = await group.start<string>(async (scope, started) => {
        await scope.checkpoint();
        log.push("database");
        started("db:1");
      });
      await group.start(async (scope, started) => {
        await scope.checkpoint();
        log.push(`server on ${address}`);
        started();
      });
    });
    expect(log).toEqual(["database", "server on db:1"]);
  });

  it("start may be called by a child that is itself starting (T10)", async () => {
    const value = await TaskGroup.run((group) =>
      group.start<string>(async (_, started) => {
        started(`outer of ${await group.start<string>((_, innerStarted) => innerStarted("inner"))}`);
      }),
    );
    expect(value).toBe("outer of inner");
  });
});

describe("group.start of a child that fails", () => {
  it("a child that fails before it is ready does not fail the group, and the code that handles the error continues (T10)", async () => {
    const error = new Error("address in use");
    const value = await TaskGroup.run(async (group) => {
      const sibling = group.createTask((scope) => scope.checkpoint());
      const outcome = await outcomeOf(group.start(() => Promise.reject(error)));
      expect(outcome).toEqual({ error });
      expect(group.scope.cancelled).toBe(false);
      await sibling;
      return group.start<string>((_, started) => started("the second try"));
    });
    expect(value).toBe("the second try");
  });

  it("a child that fails before it is ready fails the body that awaits it, once and not as a child (T10, T3)", async () => {
    const error = new Error("address in use");
    const run = TaskGroup.run(async (group) => {
      await group.start(() => Promise.reject(error));
    });
    expect(await errorsOf(run)).toEqual([error]);
  });

  it("a child that fails after it is ready fails the group (T10, T2)", async () => {
    const error = new Error("connection lost");
    let sibling: string | undefined;
    const run = TaskGroup.run(async (group) => {
      const task = group.createTask((scope) => scope.sleep(Infinity));
      task.addDoneCallback(() => (sibling = task.status));
      await group.start(async (scope, started) => {
        started();
        await scope.checkpoint();
        throw error;
      });
    });
    expect(await errorsOf(run)).toEqual([error]);
    expect(sibling).toBe("cancelled");
  });

  it("a child that calls started twice fails the group (T10)", async () => {
    const run = TaskGroup.run((group) =>
      group.start((_, started) => {
        started();
        started();
      }),
    );
    expect(await errorsOf(run)).toEqual([expect.any(InvalidStateError)]);
  });

  it("a child that never calls started rejects only start: the group does not fail, and nothing is unhandled (T10)", async () => {
    const value = await TaskGroup.run(async (group) => {
      void group.start(() => {});
      const { error } = await outcomeOf(group.start(async function mute() {}));
      expect(error).toBeInstanceOf(InvalidStateError);
      return "value";
    });
    await settled();
    expect(value).toBe("value");
  });
});

describe("group.start of a child that is cancelled", () => {
  it("group.cancel interrupts a body that awaits start: run rejects with the group's own CancelledError (T10, T4)", async () => {
    let own: unknown;
    const run = TaskGroup.run(async (group) => {
      group.createTask(() => group.cancel("enough"));
      own = group.scope.reason;
      await group.start((scope) => scope.sleep(Infinity));
    });
    expect(await outcomeOf(run)).toEqual({ error: own });
  });

  it.each([
    ["is interrupted", (scope: CancelScope) => scope.sleep(Infinity)],
    ["returns for that reason", (scope: CancelScope) => scope.sleep(Infinity).catch(() => {})],
  ])("an outer owner recognises its cancellation if the child %s (T10, T5)", async (_, fn) => {
    const outer = new CancelScope();
    const value = await outer.run(async () => {
      const run = TaskGroup.run((group) => group.start(fn), { parent: outer });
      outer.cancel();
      return run;
    });
    expect(value).toBeUndefined();
    expect(outer.cancelledCaught).toBe(true);
  });

  it("a child that a sibling's failure cancels adds nothing to the errors (T10, T3)", async () => {
    const error = new Error("sibling");
    const run = TaskGroup.run(async (group) => {
      group.createTask((scope) => scope.checkpoint().then(() => Promise.reject(error)));
      await group.start((scope) => scope.sleep(Infinity));
    });
    expect(await errorsOf(run)).toEqual([error]);
  });

  it("a cancelled child may finish shielded work, and be ready after all (T10, S11)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let value: string | undefined;
    const run = TaskGroup.run(
      async (group) => {
        group.createTask((scope) => scope.sleep(5).then(() => group.cancel()));
        value = await group.start<string>(async (scope, started) => {
          using shielded = new CancelScope({ parent: scope, shield: true });
          await shielded.sleep(20);
          started("ready");
        });
        return value;
      },
      { clock },
    );
    expect(await run).toBe("ready");
    expect(clock.now()).toBe(20);
  });

  it("a child that is cancelled alone does not cancel its group (T10, K5)", async () => {
    await TaskGroup.run(async (group) => {
      const { error } = await outcomeOf(
        group.start((scope) => {
          scope.cancel("not needed");
          return scope.sleep(Infinity);
        }),
      );
      expect(error).toMatchObject({ name: "AbortError", cause: "not needed" });
      expect(group.scope.cancelled).toBe(false);
    });
  });

  it("a child continues if only the wait for it was abandoned (T10, S12)", async () => {
    await TaskGroup.run(async (group) => {
      const waiting = new CancelScope();
      const given = waiting.race(group.start((scope) => scope.sleep(Infinity)));
      waiting.cancel();
      expect(await outcomeOf(given)).toEqual({ error: waiting.reason });
      expect(group.size).toBe(1);
      group.cancel();
    });
    await settled();
  });
});

describe("group.start where createTask would throw", () => {
  it("start rejects with the group's CancelledError, and calls nothing (T10, T6)", async () => {
    await TaskGroup.run(async (group) => {
      group.cancel("over");
      void group.start(() => expect.unreachable());
      expect(await outcomeOf(group.start(() => expect.unreachable()))).toEqual({ error: group.scope.reason });
    });
  });

  it("start rejects with ClosedError once the group has finished (T10, T6)", async () => {
    const group = new TaskGroup();
    await group.join();
    const { error } = await outcomeOf(group.start(() => expect.unreachable()));
    expect(error).toEqual(new ClosedError("This TaskGroup has finished: make a new one."));
  });

  it("start throws at once if its argument is not a function (T10)", async () => {
    await TaskGroup.run((group) => {
      // @ts-expect-error -- a child is a function
      expect(() => group.start()).toThrow(new TypeError("A task must be a function, got undefined."));
    });
  });
});

describe("group.start under a limit", () => {
  it("start waits for the child's turn (T10, T8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const seen: (string | number)[] = [];
    await TaskGroup.run(
      async (group) => {
        group.createTask((scope) => scope.sleep(10));
        seen.push(await group.start<string>((_, started) => started("ready")), clock.now());
      },
      { clock, limit: 1 },
    );
    expect(seen).toEqual(["ready", 10]);
  });

  it("start rejects with the CancelledError if the turn never comes (T10, T8)", async () => {
    const error = new Error("first");
    const run = TaskGroup.run(
      async (group) => {
        group.createTask((scope) => scope.checkpoint().then(() => Promise.reject(error)));
        const outcome = await outcomeOf(group.start(() => expect.unreachable()));
        expect(outcome).toEqual({ error: group.scope.reason });
      },
      { limit: 1 },
    );
    expect(await errorsOf(run)).toEqual([error]);
  });
});

describe("group.start in a block", () => {
  it("leaving the block cancels start, and a start that is not awaited is not unhandled (T7, T10)", async () => {
    let status: unknown;
    {
      await using group = new TaskGroup();
      void group.start(async (scope) => {
        await scope.sleep(Infinity).catch(() => {});
        status = "unwound";
      });
    }
    await settled();
    expect(status).toBe("unwound");
  });
});
