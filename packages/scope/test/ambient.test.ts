import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { CancelScope } from "@selvage/scope";
import { describeTree } from "@selvage/scope/debug";
import { currentScope } from "@selvage/scope/ambient";
import { observe, TaskOwner } from "@selvage/scope/lowlevel";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { uncaughtDuring } from "./uncaught.js";

/** Whether `scope` is the default parent of a scope that is created here. */
function encloses(scope: CancelScope): boolean {
  using probe = new CancelScope({ name: "probe" });
  return currentScope() === scope && owns(scope, probe);
}

function owns(parent: CancelScope, { name = "" }: CancelScope): boolean {
  return describeTree(parent).includes(`\n  scope ${JSON.stringify(name)}: `);
}

describe("@selvage/scope/ambient", () => {
  it("ambient scopes and several observers with run compose, in whatever order they are registered (N3)", async () => {
    const store = new AsyncLocalStorage<string>();
    const other = new AsyncLocalStorage<string>();
    using _first = observe({ run: (scope, fn) => store.run(`span of ${scope.name}`, fn) });
    using _second = observe({ run: (scope, fn) => other.run(`other of ${scope.name}`, fn) });
    await CancelScope.run(
      async (scope) => {
        await scope.checkpoint();
        expect([store.getStore(), other.getStore()]).toEqual(["span of page", "other of page"]);
        expect(encloses(scope)).toBe(true);
        const owner = new TaskOwner("Crew", {}, { taskEnded() {} });
        const task = owner.createTask(
          async (own) => {
            await own.checkpoint();
            return [store.getStore(), other.getStore(), encloses(own)];
          },
          { name: "task" },
        );
        expect(await task).toEqual(["span of task", "other of task", true]);
        await owner.finish();
      },
      { name: "page" },
    );
    expect([store.getStore(), other.getStore(), currentScope()]).toEqual([undefined, undefined, undefined]);
  });

  it("ambient scopes stay if an observer's run does not call the function, or throws (N3)", async () => {
    using _lazy = observe({ run: () => undefined as never });
    using _throwing = observe({
      run: () => {
        throw new Error("hostile");
      },
    });
    let isEnclosed: boolean | undefined;
    const caught = await uncaughtDuring(() => CancelScope.run((scope) => void (isEnclosed = encloses(scope))));
    expect(isEnclosed).toBe(true);
    expect(caught).toEqual([new Error("hostile")]);
  });

  it("the ambient scope makes the scope of a run the default parent in its body, also after waits (C4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    await CancelScope.run(
      async (scope) => {
        expect(encloses(scope)).toBe(true);
        await scope.sleep(10);
        expect(encloses(scope)).toBe(true);
        await scope.checkpoint();
        expect(encloses(scope)).toBe(true);
      },
      { clock },
    );
    expect(currentScope()).toBeUndefined();
  });

  it("the ambient scope makes a task's own scope the default parent in its function, from the first call on (C4)", async () => {
    const seen: boolean[] = [];
    const set = new TaskOwner("Test", {}, { taskEnded() {} });
    set.createTask(async (scope) => {
      seen.push(encloses(scope));
      await Promise.resolve();
      seen.push(encloses(scope));
    });
    expect(currentScope()).toBeUndefined();
    await set.finish();
    expect(seen).toEqual([true, true]);
  });

  it("a cancellation reaches what was created with the ambient parent (C4)", async () => {
    await CancelScope.run((scope) => {
      using child = new CancelScope();
      scope.cancel("outer");
      expect(child.reason).toBe(scope.reason);
    });
  });

  it("ambient scopes nest: the innermost one is the default parent (C4)", async () => {
    await CancelScope.run(async (outer) => {
      await CancelScope.run(
        (inner) => {
          expect(owns(outer, inner)).toBe(true);
          expect(encloses(inner)).toBe(true);
        },
        { name: "inner" },
      );
      expect(encloses(outer)).toBe(true);
    });
  });

  it("an explicit parent overrides the ambient scope, and the parent null makes a root (C4)", async () => {
    using other = new CancelScope();
    await CancelScope.run((scope) => {
      using elsewhere = new CancelScope({ parent: other, name: "elsewhere" });
      using root = new CancelScope({ parent: null, name: "root" });
      expect(owns(other, elsewhere)).toBe(true);
      expect(owns(scope, elsewhere)).toBe(false);
      expect(owns(scope, root)).toBe(false);
    });
  });

  it("an owner of tasks stays the parent of its tasks, wherever they are created (C4, V3)", async () => {
    const set = new TaskOwner("Test", {}, { taskEnded() {} });
    await CancelScope.run(async (scope) => {
      const task = set.createTask((own) => own.sleep(Infinity));
      expect(set.taskOf(task.scope)).toBe(task);
      scope.cancel();
      expect(task.scope.cancelled).toBe(false);
      task.cancel();
      await set.finish();
    });
  });

  it("a closed scope is not an ambient scope, even in a late callback that was set in its body (C4)", async () => {
    const emitter = new EventEmitter();
    let late: CancelScope | undefined | "not called" = "not called";
    await CancelScope.run(() => {
      emitter.once(
        "late",
        AsyncLocalStorage.bind(() => {
          late = currentScope();
        }),
      );
    });
    emitter.emit("late");
    expect(late).toBeUndefined();
  });

  it("tasks that wait under a limit keep their own callers' contexts (C4, T8)", async () => {
    const storage = new AsyncLocalStorage<number>();
    const seen: (number | undefined)[] = [];
    const set = new TaskOwner("Test", { limit: 1 }, { taskEnded() {} });
    for (let caller = 0; caller < 5; caller++) {
      storage.run(caller, () =>
        set.createTask(async (scope) => {
          await scope.checkpoint();
          expect(currentScope()).toBe(scope);
          seen.push(storage.getStore());
        }),
      );
    }
    await set.finish();
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it("the ambient scope reaches platform callbacks that were set in the body (C4)", async () => {
    await CancelScope.run(async (scope) => {
      const seen: boolean[] = [];
      queueMicrotask(() => seen.push(currentScope() === scope));
      setImmediate(() => seen.push(currentScope() === scope));
      await settled();
      expect(seen).toEqual([true, true]);
    });
  });
});
