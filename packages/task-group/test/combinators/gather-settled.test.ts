import { CancelScope } from "@selvage/scope";
import { gatherSettled } from "@selvage/task-group";
import { VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";

const fail = (error: unknown) => (): Promise<never> => Promise.reject(error);

describe("gatherSettled", () => {
  it("gatherSettled resolves with the outcome of each function, in the order of the arguments (V10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const error = new Error("no count");
    const results = await gatherSettled(
      [(scope) => scope.sleep(20).then(() => "slow"), fail(error), () => 3, fail("text")],
      { clock },
    );
    expect(results).toEqual([
      { status: "fulfilled", value: "slow" },
      { status: "rejected", reason: error },
      { status: "fulfilled", value: 3 },
      { status: "rejected", reason: "text" },
    ]);
    expect(clock.pending).toBe(0);
  });

  it("gatherSettled isolates the others from a failure, and waits for all (V10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let ended = false;
    await gatherSettled(
      [
        fail("at once"),
        async (scope) => {
          await scope.sleep(50);
          ended = true;
        },
      ],
      { clock },
    );
    expect(ended).toBe(true);
    expect(clock.now()).toBe(50);
  });

  it("gatherSettled counts a task that cancelled itself as rejected, with its CancelledError (V10)", async () => {
    const [result] = await gatherSettled([
      (scope) => {
        scope.cancel("itself");
        return scope.sleep(Infinity);
      },
    ]);
    expect(result).toMatchObject({ status: "rejected", reason: { name: "AbortError", cause: "itself" } });
  });

  it("gatherSettled resolves with [] for no functions, and respects a limit (V10, T8)", async () => {
    expect(await gatherSettled([])).toEqual([]);
    let running = 0;
    let most = 0;
    const task = async (scope: CancelScope): Promise<void> => {
      most = Math.max(most, ++running);
      await scope.checkpoint();
      running--;
    };
    await gatherSettled([task, task, task, task], { limit: 2 });
    expect(most).toBe(2);
  });

  it("gatherSettled waits, then rejects with the outer owner's CancelledError if that interrupted a task (V10)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const scope = new CancelScope({ clock });
    let cleaned = false;
    const gathered = gatherSettled(
      [
        () => "done",
        async (own) => {
          try {
            await own.sleep(Infinity);
          } finally {
            const cleanup = new CancelScope({ parent: own, shield: true });
            await cleanup.sleep(10);
            cleanup.close();
            cleaned = true;
          }
        },
      ],
      { parent: scope },
    );
    scope.cancel("outer");
    await expect(gathered).rejects.toBe(scope.reason);
    expect(cleaned).toBe(true);
    scope.close();
  });

  it("gatherSettled loses no failure to an outer cancellation: the failures make a group (V10, T5)", async () => {
    const scope = new CancelScope();
    const error = new Error("before");
    const gathered = gatherSettled([fail(error), (own) => own.sleep(Infinity)], { parent: scope });
    await Promise.resolve();
    scope.cancel();
    await expect(gathered).rejects.toMatchObject({ name: "ExceptionGroup", errors: [error] });
    scope.close();
  });

  it("gatherSettled keeps the results if an outer cancellation interrupted nothing (V10)", async () => {
    const scope = new CancelScope();
    const gathered = gatherSettled([() => Promise.resolve(1)], { parent: scope });
    scope.cancel();
    expect(await gathered).toEqual([{ status: "fulfilled", value: 1 }]);
    scope.close();
  });

  it("gatherSettled calls nothing if the outer owner was cancelled before (V10)", async () => {
    const scope = new CancelScope();
    scope.cancel();
    let called = false;
    const gathered = gatherSettled(
      [
        () => {
          called = true;
        },
      ],
      { parent: scope },
    );
    await expect(gathered).rejects.toBe(scope.reason);
    expect(called).toBe(false);
    scope.close();
  });

  it("gatherSettled refuses, synchronously, a value that is not an array of functions, and bad options (V10)", () => {
    expect(() => gatherSettled("tasks" as never)).toThrow(TypeError);
    expect(() => gatherSettled([() => 1, 2 as never])).toThrow("Task 1 must be a function, got 2.");
    expect(() => gatherSettled([], { limit: 0 })).toThrow(RangeError);
  });

  it("gatherSettled keeps tuples in its type (V10)", () => {
    const run = (): unknown => {
      const gathered = gatherSettled([async () => "a", () => 1]);
      expectTypeOf(gathered).toEqualTypeOf<Promise<[PromiseSettledResult<string>, PromiseSettledResult<number>]>>();
      return gathered;
    };
    expect(run).toBeTypeOf("function");
  });
});
