import type { CancelledError, Clock } from "@selvage/scope";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { CancelScope, type Task, TaskGroup, type TaskGroupOptions, type TaskStatus } from "../src/index.js";

describe("the types of TaskGroup", () => {
  it("the type of run's result is that of the body's value, promise, thenable, task or nothing", async () => {
    const results = [
      TaskGroup.run(() => 42),
      TaskGroup.run(async () => "text"),
      TaskGroup.run(() => ({ then: (resolve: (value: boolean) => void) => resolve(true) }) as PromiseLike<boolean>),
      TaskGroup.run((group) => group.createTask(async () => 7n)),
      TaskGroup.run(() => {}),
    ] as const;
    expectTypeOf(results[0]).toEqualTypeOf<Promise<number>>();
    expectTypeOf(results[1]).toEqualTypeOf<Promise<string>>();
    expectTypeOf(results[2]).toEqualTypeOf<Promise<boolean>>();
    expectTypeOf(results[3]).toEqualTypeOf<Promise<bigint>>();
    expectTypeOf(results[4]).toEqualTypeOf<Promise<void>>();
    expect(await Promise.all(results)).toEqual([42, "text", true, 7n, undefined]);
  });

  it("the type of a task's result is inferred", async () => {
    await TaskGroup.run(async (group) => {
      const one = group.createTask(() => 1 as const);
      const two = group.createTask(async (scope) => {
        expectTypeOf(scope).toEqualTypeOf<CancelScope>();
        return { id: "two" };
      });
      const three = group.createTask((scope) => scope.checkpoint());
      expectTypeOf(one).toEqualTypeOf<Task<1>>();
      expectTypeOf(two).toEqualTypeOf<Task<{ id: string }>>();
      expectTypeOf(three).toEqualTypeOf<Task<void>>();
      const all = await Promise.all([one, two, three]);
      expectTypeOf(all[0]).toEqualTypeOf<1>();
      expectTypeOf(all[1]).toEqualTypeOf<{ id: string }>();
      expectTypeOf(all).toHaveProperty("length").toEqualTypeOf<3>();
      expectTypeOf(two.result()).toEqualTypeOf<{ id: string }>();
      expectTypeOf(two.exception()).toBeUnknown();
      expectTypeOf(two.status).toEqualTypeOf<TaskStatus>();
      two.addDoneCallback((task) => expectTypeOf(task).toEqualTypeOf<typeof two>());
    });
  });

  it("a task of anything is assignable to a task of unknown", async () => {
    await TaskGroup.run((group) => {
      const tasks: Task<unknown>[] = [group.createTask(() => 1), group.createTask(async () => "two")];
      expectTypeOf(group.createTask(() => 1)).toExtend<PromiseLike<number>>();
      expect(tasks).toHaveLength(2);
    });
  });

  it("the options are typed, and each may be undefined", () => {
    expectTypeOf<TaskGroupOptions>().toEqualTypeOf<{
      readonly parent?: TaskGroupOptions["parent"];
      readonly name?: string | undefined;
      readonly clock?: Clock | undefined;
      readonly limit?: TaskGroupOptions["limit"];
    }>();
    expectTypeOf<CancelScope>().toExtend<TaskGroupOptions["parent"]>();
    expectTypeOf<AbortSignal>().toExtend<TaskGroupOptions["parent"]>();
    expectTypeOf<{ deadline: number }>().not.toExtend<TaskGroupOptions>();
    expectTypeOf<undefined>().toExtend<TaskGroupOptions["limit"]>();
  });

  it("a TaskGroup has the type of an async disposable", () => {
    expectTypeOf<TaskGroup>().toExtend<AsyncDisposable>();
    expectTypeOf<TaskGroup["join"]>().returns.toEqualTypeOf<Promise<void>>();
    expectTypeOf<TaskGroup["scope"]["reason"]>().toEqualTypeOf<CancelledError | undefined>();
    expectTypeOf<TaskGroup>().not.toHaveProperty("then");
    expect("then" in new CancelScope()).toBe(false);
  });
});
