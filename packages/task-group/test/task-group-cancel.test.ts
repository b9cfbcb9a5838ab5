import { getEventListeners } from "node:events";
import { deferred } from "@selvage/scope/internal";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelledError, CancelScope, ExceptionGroup, isCancellation, type Task, TaskGroup } from "../src/index.js";
import { errorsOf, outcomeOf } from "./outcome.js";

/** A child that waits for its cancellation. */
const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);

/** A child that fails while it unwinds. */
function failingInCleanup(message: string): (scope: CancelScope) => Promise<void> {
  return (scope) =>
    forever(scope).finally(() => {
      throw new Error(message);
    });
}

describe("task.cancel of a child", () => {
  it("a cancelled child is not a failure: siblings continue, and run resolves with the body's value (T4, K5)", async () => {
    const statuses: string[] = [];
    const value = await TaskGroup.run(async (group) => {
      const cancelled = group.createTask(forever);
      const sibling = group.createTask((scope) => scope.checkpoint());
      cancelled.cancel();
      await sibling;
      statuses.push(cancelled.status, sibling.status, String(group.scope.cancelled));
      return "value";
    });
    expect(value).toBe("value");
    expect(statuses).toEqual(["cancelled", "fulfilled", "false"]);
  });

  it("a child that cancels itself is not a failure either (T4)", async () => {
    expect(
      await TaskGroup.run((group) => {
        group.createTask((scope) => {
          scope.cancel("had enough");
          return scope.sleep(Infinity);
        });
        return 1;
      }),
    ).toBe(1);
  });

  it("a cancelled child is a failure of the body that awaits it, as for every awaiter of a foreign task (T4, K6)", async () => {
    let cancelled: Task<void> | undefined;
    let sibling: Task<void> | undefined;
    const errors = await errorsOf(
      TaskGroup.run(async (group) => {
        sibling = group.createTask(forever);
        cancelled = group.createTask(forever);
        cancelled.cancel();
        await cancelled;
      }),
    );
    expect(errors).toEqual([cancelled?.scope.reason]);
    expect(sibling?.status).toBe("cancelled");
  });

  it("a cancelled child is a failure of the sibling that awaits it (T4, K6)", async () => {
    const errors = await errorsOf(
      TaskGroup.run((group) => {
        const cancelled = group.createTask(forever);
        group.createTask(() => cancelled);
        cancelled.cancel("alone");
      }),
    );
    expect(errors).toEqual([expect.objectContaining({ name: "AbortError", cause: "alone" })]);
  });

  it("a child that its own deadline cancels is not a failure (T4, S9)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let task: Task<void> | undefined;
    await TaskGroup.run(
      (group) => {
        task = group.createTask((scope) => {
          scope.deadline = 10;
          return scope.sleep(Infinity);
        });
      },
      { clock },
    );
    expect([task?.status, clock.now()]).toEqual(["cancelled", 10]);
  });
});

describe("group.cancel", () => {
  it("group.cancel cancels the children, which is not a failure: run resolves with the body's value (T4)", async () => {
    const tasks: Task<void>[] = [];
    const value = await TaskGroup.run((group) => {
      for (let i = 0; i < 3; i++) tasks.push(group.createTask(forever));
      group.cancel("enough");
      return "value";
    });
    expect(value).toBe("value");
    expect(tasks.map(({ status }) => status)).toEqual(["cancelled", "cancelled", "cancelled"]);
    expect(tasks[0]!.scope.reason).toMatchObject({ cause: "enough" });
  });

  it("group.cancel is the same as cancelling its scope (T4)", async () => {
    const value = await TaskGroup.run((group) => {
      group.createTask(forever);
      group.scope.cancel("enough");
      expect(group.scope.reason).toMatchObject({ scope: group.scope, cause: "enough" });
      return "value";
    });
    expect(value).toBe("value");
  });

  it("join resolves after group.cancel (T4)", async () => {
    const group = new TaskGroup();
    group.createTask(forever);
    group.cancel();
    expect(await group.join()).toBeUndefined();
  });

  it("a cancelled body that checks its scope and returns all the same keeps its value (T4)", async () => {
    const value = await TaskGroup.run(async (group) => {
      group.cancel();
      await group.scope.sleep(1_000).catch(() => {});
      return "value";
    });
    expect(value).toBe("value");
  });

  it.each<[string, (group: TaskGroup) => Promise<unknown>]>([
    ["waits in its scope", (group) => group.scope.sleep(Infinity)],
    ["throws an abort of the platform", () => Promise.reject(new DOMException("aborted", "AbortError"))],
    ["wraps the cancellation", (group) => Promise.reject(new Error("query", { cause: group.scope.reason }))],
    ["gathers nothing but cancellations", (group) => Promise.any([forever(group.scope), forever(group.scope)])],
    ["awaits a child that is cancelled, too", (group) => Promise.all([...groupTasks.get(group)!])],
    [
      "creates a task",
      (group) => {
        group.createTask(forever);
        return Promise.resolve();
      },
    ],
  ])("run rejects with the group's own CancelledError if the cancelled body %s (T4)", async (_, body) => {
    let group: TaskGroup | undefined;
    const { error } = await outcomeOf(
      TaskGroup.run((given) => {
        group = given;
        groupTasks.set(given, [given.createTask(forever)]);
        given.cancel("enough");
        return body(given);
      }),
    );
    expect(error).toBe(group?.scope.reason);
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ scope: group?.scope, cause: "enough" });
  });
  const groupTasks = new WeakMap<TaskGroup, Task<unknown>[]>();

  it("a CancelScope around the group absorbs the cancellation if that scope is cancelled instead (T4, S14)", async () => {
    const result = await CancelScope.run(async (scope) => {
      await TaskGroup.run(
        async (group) => {
          group.createTask(forever);
          scope.cancel("enough");
          await group.scope.sleep(Infinity);
        },
        { parent: scope },
      );
      expect.unreachable();
    });
    expect(result).toBeUndefined();
  });

  it("the group's CancelledError is a failure for other code: no other scope absorbs it (T4, S14)", async () => {
    const { error } = await outcomeOf(
      CancelScope.run((scope) =>
        TaskGroup.run(
          async (group) => {
            group.cancel();
            await group.scope.sleep(Infinity);
          },
          { parent: scope },
        ),
      ),
    );
    expect(error).toBeInstanceOf(CancelledError);
  });

  it("group.cancel from a child cancels the child, the siblings and the body (T4)", async () => {
    const tasks: Task<void>[] = [];
    const { error } = await outcomeOf(
      TaskGroup.run(async (group) => {
        tasks.push(group.createTask(forever));
        tasks.push(
          group.createTask(async (scope) => {
            await scope.checkpoint();
            group.cancel("from a child");
            await scope.sleep(Infinity);
          }),
        );
        await group.scope.sleep(Infinity);
      }),
    );
    expect(error).toMatchObject({ name: "AbortError", cause: "from a child" });
    expect(tasks.map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
  });

  it("group.cancel from a child before its first suspension does not hang (T4, K1)", async () => {
    const tasks: Task<unknown>[] = [];
    const value = await TaskGroup.run((group) => {
      tasks.push(group.createTask(forever));
      tasks.push(
        group.createTask(async (scope) => {
          group.cancel();
          await scope.sleep(Infinity);
        }),
      );
      expect(() => group.createTask(forever)).toThrow(CancelledError);
      return "value";
    });
    expect(value).toBe("value");
    expect(tasks.map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
  });

  it("a child that cancels the group and then returns keeps its value (T4, K2)", async () => {
    let task: Task<string> | undefined;
    await TaskGroup.run((group) => {
      task = group.createTask(async () => {
        group.cancel();
        return "last words";
      });
    });
    expect(task?.result()).toBe("last words");
  });

  it("group.cancel does not hide errors that are raised while unwinding, by children or the body (T4)", async () => {
    const errors = await errorsOf(
      TaskGroup.run(async (group) => {
        group.createTask(failingInCleanup("child"));
        group.createTask(forever);
        group.cancel();
        await failingInCleanup("body")(group.scope);
      }),
    );
    expect(errors.map(String).sort()).toEqual(["Error: body", "Error: child"]);
  });

  it("group.cancel does not hide an error that came before (T4)", async () => {
    const errors = await errorsOf(
      TaskGroup.run(async (group) => {
        const task = group.createTask(() => Promise.reject(new Error("before")));
        await outcomeOf(task);
        group.cancel();
        await group.scope.sleep(Infinity);
      }),
    );
    expect(errors).toEqual([new Error("before")]);
  });

  it("group.cancel is idempotent, and the first reason wins (T4)", async () => {
    await TaskGroup.run((group) => {
      group.cancel("first");
      const { reason } = group.scope;
      group.cancel("second");
      expect(group.scope.reason).toBe(reason);
      expect(reason?.cause).toBe("first");
    });
  });

  it("group.cancel before the first task is latched: the first task is refused (T4, T6)", async () => {
    const group = new TaskGroup();
    group.cancel("early");
    expect(() => group.createTask(() => expect.unreachable())).toThrow(
      expect.objectContaining({ name: "AbortError", cause: "early" }),
    );
    await group.join();
  });

  it("group.cancel after the end does nothing (T4)", async () => {
    let group: TaskGroup | undefined;
    await TaskGroup.run((given) => {
      group = given;
      given.createTask(async () => {});
    });
    group?.cancel();
    expect([group?.scope.cancelled, group?.scope.cancelCalled]).toEqual([false, false]);
    const joined = new TaskGroup();
    await joined.join();
    joined.cancel();
    expect(joined.scope.cancelled).toBe(false);
  });

  it("group.cancel while run waits for the children cancels them, and keeps the body's value (T4)", async () => {
    let group: TaskGroup | undefined;
    const run = TaskGroup.run((given) => {
      group = given;
      given.createTask(forever);
      return "value";
    });
    await settled();
    group?.cancel();
    expect(await run).toBe("value");
  });

  it("group.cancel ends nested groups, which reject as groups that were cancelled from outside (T4, T5)", async () => {
    let inner: Task<unknown> | undefined;
    const value = await TaskGroup.run((outer) => {
      inner = outer.createTask((scope) => TaskGroup.run((group) => void group.createTask(forever), { parent: scope }));
      outer.cancel();
      return "value";
    });
    expect([value, inner?.status]).toEqual(["value", "cancelled"]);
  });
});

describe("an outer owner's cancellation", () => {
  it("an outer cancellation interrupts body and children: run rejects with the outer CancelledError, ungrouped (T5)", async () => {
    const parent = new CancelScope({ name: "request" });
    const tasks: Task<void>[] = [];
    let bodyCut: unknown;
    const run = TaskGroup.run(
      async (group) => {
        for (let i = 0; i < 5; i++) tasks.push(group.createTask(forever));
        await group.scope.sleep(Infinity).catch((error: unknown) => {
          bodyCut = error;
          throw error;
        });
      },
      { parent },
    );
    parent.cancel("the client left");
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    expect(bodyCut).toBe(parent.reason);
    expect(tasks.map(({ status, scope }) => [status, scope.reason])).toEqual(
      tasks.map(() => ["cancelled", parent.reason]),
    );
    parent.close();
  });

  it("an outer cancellation that interrupts only a child rejects run as well, although the body has its value (T5)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run(
      (group) => {
        group.createTask(forever);
        return "value";
      },
      { parent },
    );
    await settled();
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });

  it("an outer cancellation that interrupts only the body rejects run as well (T5)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run((group) => group.scope.sleep(Infinity), { parent });
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });

  it("an outer cancellation that interrupts nothing changes nothing: the value is returned (T5)", async () => {
    const parent = new CancelScope();
    const { promise, resolve } = deferred<string>();
    let task: Task<string> | undefined;
    const run = TaskGroup.run(
      (group) => {
        task = group.createTask(() => promise);
        return promise;
      },
      { parent },
    );
    parent.cancel();
    resolve("value");
    expect(await run).toBe("value");
    expect([task?.scope.cancelled, task?.status]).toEqual([true, "fulfilled"]);
    parent.close();
  });

  it("a child that an outer owner interrupted counts, although one that was cancelled alone ends later (T5)", async () => {
    const parent = new CancelScope();
    const { promise, resolve } = deferred<undefined>();
    const run = TaskGroup.run(
      (group) => {
        group.createTask(forever);
        group
          .createTask(async (scope) => {
            await promise;
            scope.throwIfCancelled();
          })
          .cancel("alone");
      },
      { parent },
    );
    parent.cancel();
    await settled();
    resolve(undefined);
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });

  it("a child that was cancelled alone before the outer cancellation does not count (T5)", async () => {
    const parent = new CancelScope();
    const { promise, resolve } = deferred<undefined>();
    const run = TaskGroup.run(
      (group) => {
        group
          .createTask(async (scope) => {
            await promise;
            scope.throwIfCancelled();
          })
          .cancel("alone");
        return "value";
      },
      { parent },
    );
    parent.cancel();
    resolve(undefined);
    expect(await run).toBe("value");
    parent.close();
  });

  it("an outer cancellation cancels queued children, too (T5, T8)", async () => {
    const parent = new CancelScope();
    const { promise, resolve } = deferred<string>();
    const run = TaskGroup.run(
      (group) => {
        group.createTask(() => promise);
        group.createTask(() => expect.unreachable());
        return "value";
      },
      { parent, limit: 1 },
    );
    parent.cancel();
    resolve("not cancelled");
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });

  it("a group of errors wins over an outer cancellation, and the outer scope stays cancelled (T5)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run(
      async (group) => {
        for (let i = 0; i < 5; i++) group.createTask(failingInCleanup(`crash ${i}`));
        await group.scope.sleep(Infinity);
      },
      { parent },
    );
    parent.cancel();
    expect((await errorsOf(run)).map(String)).toEqual([0, 1, 2, 3, 4].map((i) => `Error: crash ${i}`));
    expect(() => parent.throwIfCancelled()).toThrow(parent.reason);
    parent.close();
  });

  it("an outer cancellation from before the group interrupts code that checks its scope, and nothing else (T5)", async () => {
    const parent = new CancelScope();
    parent.cancel();
    expect(await TaskGroup.run(() => "value", { parent })).toBe("value");
    const create = TaskGroup.run((group) => void group.createTask(() => expect.unreachable()), { parent });
    expect((await outcomeOf(create)).error).toBe(parent.reason);
    const look = TaskGroup.run((group) => group.scope.checkpoint(), { parent });
    expect((await outcomeOf(look)).error).toBe(parent.reason);
    parent.close();
  });

  it("the first of an outer cancellation and the group's own decides (T4, T5)", async () => {
    const outerFirst = new CancelScope();
    const rejected = TaskGroup.run(
      (group) => {
        group.createTask(forever);
        outerFirst.cancel();
        group.cancel();
        return "value";
      },
      { parent: outerFirst },
    );
    expect((await outcomeOf(rejected)).error).toBe(outerFirst.reason);
    const groupFirst = new CancelScope();
    const resolved = TaskGroup.run(
      (group) => {
        group.createTask(forever);
        group.cancel();
        groupFirst.cancel();
        return "value";
      },
      { parent: groupFirst },
    );
    expect(await resolved).toBe("value");
    outerFirst.close();
    groupFirst.close();
  });

  it("a failure before an outer cancellation is the group's, and the cancellation interrupts the rest (T3, T5)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run(
      (group) => {
        group.createTask(() => Promise.reject(new Error("no")));
        group.createTask(forever);
      },
      { parent },
    );
    await Promise.resolve();
    await Promise.resolve();
    parent.cancel();
    expect(await errorsOf(run)).toEqual([new Error("no")]);
    parent.close();
  });

  it("an outer cancellation reaches the body also after a join within it, and is not the body's failure (T5, T7)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run(
      async (group) => {
        group.createTask(async () => {});
        await group.join();
        parent.cancel();
        expect(group.scope.reason).toBe(parent.reason);
        await group.scope.sleep(Infinity);
      },
      { parent },
    );
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });

  it("a body may convert an outer cancellation by throwing a different error (T5)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run(
      async (group) => {
        await group.scope.sleep(Infinity).catch(() => {
          throw new Error("converted");
        });
      },
      { parent },
    );
    parent.cancel();
    expect(await errorsOf(run)).toEqual([new Error("converted")]);
    parent.close();
  });

  it("a body's error with the outer cancellation as its cause is still the cancellation (T5, S15)", async () => {
    const parent = new CancelScope();
    const run = TaskGroup.run(
      async (group) => {
        await group.scope.sleep(Infinity).catch((cause: unknown) => {
          throw new Error("wrapped", { cause });
        });
      },
      { parent },
    );
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });
});

describe("an outer deadline", () => {
  it("an outer deadline cancels the group when it passes (T5, S9)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const result = await CancelScope.run(
      (scope) => TaskGroup.run((group) => void group.createTask(forever), { parent: scope }),
      { clock, deadline: 50 },
    );
    expect([result, clock.now(), clock.pending]).toEqual([undefined, 50, 0]);
  });

  it("a child that computes notices an outer deadline without a turn of the event loop (T5, S9)", async () => {
    let time = 0;
    const clock = { now: () => time, setTimer: () => 0, clearTimer: () => {} };
    const parent = new CancelScope({ clock, deadline: 10 });
    let rounds = 0;
    const run = TaskGroup.run(
      (group) => {
        group.createTask((scope) => {
          for (;;) {
            scope.throwIfCancelled();
            rounds++;
            time++;
          }
        });
        // The deadline has passed by now, although no timer has fired.
        expect(() => group.createTask(() => expect.unreachable())).toThrow(
          expect.objectContaining({ scope: parent, deadline: 10 }),
        );
        return "value";
      },
      { parent },
    );
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    expect(rounds).toBe(10);
    parent.close();
  });
});

describe("a deadline of the group's own scope", () => {
  it("a deadline of the group's own scope cancels the group as group.cancel does (T4, S9)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const value = await TaskGroup.run(
      (group) => {
        group.scope.deadline = 50;
        group.createTask(forever);
        return "value";
      },
      { clock },
    );
    expect([value, clock.now(), clock.pending]).toEqual(["value", 50, 0]);
  });
});

describe("a parent that is an AbortSignal", () => {
  it("a signal is an outer owner: run rejects with a CancelledError that has its reason as cause (T5, S8)", async () => {
    const controller = new AbortController();
    const run = TaskGroup.run((group) => void group.createTask(forever), { parent: controller.signal });
    controller.abort("the button");
    const { error } = await outcomeOf(run);
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ cause: "the button" });
    expect(isCancellation(error)).toBe(true);
  });

  it("the signal may have aborted before (T5, S8)", async () => {
    const run = TaskGroup.run((group) => void group.createTask(() => expect.unreachable()), {
      parent: AbortSignal.abort("before"),
    });
    expect((await outcomeOf(run)).error).toMatchObject({ name: "AbortError", cause: "before" });
    expect(await TaskGroup.run(() => "value", { parent: AbortSignal.abort() })).toBe("value");
  });

  it("the signal has one listener while the group is open, and none afterwards (S8)", async () => {
    const { signal } = new AbortController();
    await TaskGroup.run(
      async (group) => {
        group.createTask((scope) => scope.checkpoint());
        group.createTask((scope) => scope.checkpoint());
        expect(getEventListeners(signal, "abort")).toHaveLength(1);
        await group.scope.checkpoint();
      },
      { parent: signal },
    );
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("the signal may be a scope's own: that scope absorbs its own cancellation (T5, S8)", async () => {
    const result = await CancelScope.run((scope) => {
      queueMicrotask(() => scope.cancel());
      return TaskGroup.run((group) => void group.createTask(forever), { parent: scope.signal });
    });
    expect(result).toBeUndefined();
  });

  it("a group of errors wins over the signal's abort, as over any outer owner (T5, S8)", async () => {
    const controller = new AbortController();
    const run = TaskGroup.run((group) => void group.createTask(failingInCleanup("crash")), {
      parent: controller.signal,
    });
    controller.abort();
    expect(await errorsOf(run)).toEqual([new Error("crash")]);
  });
});

describe("deeply nested groups", () => {
  /** Three groups, one in the other; the innermost has one child. */
  function threeDeep(parent: CancelScope, child: (scope: CancelScope) => Promise<unknown>): Promise<void> {
    return TaskGroup.run(
      (one) => {
        one.createTask((scope) =>
          TaskGroup.run(
            (two) => {
              two.createTask((inner) => TaskGroup.run((three) => void three.createTask(child), { parent: inner }));
            },
            { parent: scope },
          ),
        );
        one.createTask(forever);
      },
      { parent },
    );
  }

  it("an outer cancellation ends all nested groups, and is passed on unchanged (T5)", async () => {
    const parent = new CancelScope();
    const run = threeDeep(parent, forever);
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });

  it("nested groups pass on a failure in cleanup, and nothing of the cancellation (T3, T5)", async () => {
    const parent = new CancelScope();
    const run = threeDeep(parent, failingInCleanup("crash"));
    parent.cancel();
    const [two] = await errorsOf(run);
    const [three] = (two as ExceptionGroup).errors;
    expect((three as ExceptionGroup).errors).toEqual([new Error("crash")]);
    parent.close();
  });

  it("nested groups that an outer failure cancels contribute only their failures in cleanup (T3)", async () => {
    const errors = await errorsOf(
      TaskGroup.run((outer) => {
        outer.createTask((scope) => TaskGroup.run((group) => void group.createTask(forever), { parent: scope }));
        outer.createTask((scope) =>
          TaskGroup.run((group) => void group.createTask(failingInCleanup("inner crash")), { parent: scope }),
        );
        outer.createTask(() => Promise.reject(new Error("outer")));
      }),
    );
    expect(errors).toEqual([new Error("outer"), expect.any(ExceptionGroup)]);
    expect((errors[1] as ExceptionGroup).errors).toEqual([new Error("inner crash")]);
  });

  it("1,000 nested groups unwind, and leave nothing in the tree (T1, S3)", async () => {
    const parent = new CancelScope();
    let deepest = 0;
    async function nest(depth: number, scope: CancelScope): Promise<void> {
      deepest = depth;
      await Promise.resolve(); // otherwise the stack would have to hold all that starts
      if (depth === 1_000) return forever(scope);
      return TaskGroup.run((group) => void group.createTask((inner) => nest(depth + 1, inner)), { parent: scope });
    }
    const run = nest(0, parent);
    await settled();
    expect(deepest).toBe(1_000);
    parent.cancel();
    expect((await outcomeOf(run)).error).toBe(parent.reason);
    parent.close();
  });
});
