import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { asCompleted, CancelScope, ExceptionGroup, type TaskFunction } from "../../src/index.js";
import { errorOf } from "../outcome.js";

const forever = (scope: CancelScope): Promise<never> => scope.sleep(Infinity) as Promise<never>;
const failing = (error: unknown) => (): Promise<never> => Promise.reject(error);

describe("a loop over asCompleted that is left early", () => {
  it("a loop that is left cancels the other tasks with a reason that says why, and waits for all of them (V10, T1)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: unknown[] = [];
    const slow = (scope: CancelScope): Promise<never> =>
      forever(scope).finally(async () => {
        await new CancelScope({ clock }).sleep(25);
        log.push((scope.reason as Error).cause);
      });
    for await (const task of asCompleted([slow, () => "first", slow], { clock })) {
      expect(task.result()).toBe("first");
      break;
    }
    expect(log).toEqual(["the loop was left", "the loop was left"]);
    expect(clock.now()).toBe(25);
  });

  it("a loop that is left leaves nothing open in its parent, whose run continues (V10, S16)", async () => {
    const parent = new CancelScope();
    await parent.run(async () => {
      for await (const task of asCompleted([() => 1, forever], { parent })) {
        expect(task.result()).toBe(1);
        break;
      }
    });
    expect(parent.cancelled).toBe(false);
  });

  it("a loop that is left by return returns its value once all tasks have ended (V10)", async () => {
    let unwound = false;
    const loser = (scope: CancelScope): Promise<never> => forever(scope).finally(() => (unwound = true));
    const first = async (): Promise<unknown> => {
      for await (const task of asCompleted([loser, () => "first"])) return task.result();
      return "never";
    };
    expect(await first()).toBe("first");
    expect(unwound).toBe(true);
  });

  it("a loop that is left never starts queued tasks (V10, T8)", async () => {
    for await (const task of asCompleted([() => 1, forever, () => expect.unreachable()], { limit: 1 })) {
      expect(task.result()).toBe(1);
      break;
    }
  });

  it("a loop that is left throws a group of the failures that were not yielded, and of those while unwinding (V10)", async () => {
    const [unseen, cleanup] = [new Error("unseen"), new Error("cleanup")];
    const fns = [() => "first", failing(unseen), (scope: CancelScope) => forever(scope).catch(failing(cleanup))];
    const error = await errorOf(async () => {
      for await (const task of asCompleted(fns)) {
        expect(task.result()).toBe("first");
        await settled();
        break;
      }
    });
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect(error).toMatchObject({ errors: [unseen, cleanup] });
  });

  it("a loop that is left does not throw yielded errors, nor anything for values and cancelled tasks (V10)", async () => {
    const fns = [failing("seen"), () => "unseen", (scope: CancelScope) => (scope.cancel(), forever(scope)), forever];
    for await (const task of asCompleted(fns)) {
      expect(task.exception()).toBe("seen");
      await settled();
      break;
    }
  });

  it("a loop that is left does not throw an outer owner's cancellation: the next checkpoint sees it (V10)", async () => {
    using parent = new CancelScope();
    const seen: string[] = [];
    setImmediate(() => parent.cancel());
    for await (const task of asCompleted([forever, forever], { parent })) {
      seen.push(task.status);
      break;
    }
    expect(seen).toEqual(["cancelled"]);
    expect(parent.cancelled).toBe(true);
  });

  it("a loop that is left reports scopes that a task leaves open in the iteration's scope (S16)", async () => {
    const leaving = async (scope: CancelScope): Promise<void> => {
      await forever(scope).catch(() => {});
      new CancelScope({ parent: (scope.reason as unknown as { scope: CancelScope }).scope, name: "left open" });
    };
    const fns: TaskFunction<unknown>[] = [() => 1, leaving];
    const error = await errorOf(async () => {
      for await (const task of asCompleted(fns)) if (task.done) break;
    });
    expect(String((error as ExceptionGroup).errors)).toContain('"left open"');
  });

  it("an idle scope that a source left open is closed if the read was cancelled, and causes no failure (S16)", async () => {
    using parent = new CancelScope();
    const items = (scope: CancelScope): number[] => {
      new CancelScope({ parent: scope, name: "idle" });
      parent.cancel();
      return [1];
    };
    const error = await errorOf(async () => {
      for await (const task of asCompleted(items, (n) => n, { parent })) expect.unreachable(task.name);
    });
    expect(error).toBe(parent.reason);
  });

  it("an idle scope that a failed source left open is closed, and only the source's error is thrown (S16)", async () => {
    const items = (scope: CancelScope): never => {
      new CancelScope({ parent: scope, name: "idle" });
      throw new Error("source");
    };
    const error = await errorOf(async () => {
      for await (const task of asCompleted(items, (n) => n)) expect.unreachable(task.name);
    });
    expect((error as ExceptionGroup).errors).toEqual([new Error("source")]);
  });
});

describe("the iterator of asCompleted when its return is called directly", () => {
  it("return before the first task has ended cancels all started tasks, and the iterator is done for good (V10)", async () => {
    let unwound = false;
    const iterator = asCompleted([(scope) => forever(scope).finally(() => (unwound = true))])[Symbol.asyncIterator]();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(unwound).toBe(true);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
  });

  it("return settles calls of next that wait for a task (V10)", async () => {
    const iterator = asCompleted([forever])[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("return does not throw an outer owner's cancellation either (V10)", async () => {
    using parent = new CancelScope();
    const iterator = asCompleted([forever], { parent })[Symbol.asyncIterator]();
    parent.cancel();
    await settled();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("return throws its errors once (V10)", async () => {
    const iterator = asCompleted([failing("no")])[Symbol.asyncIterator]();
    await settled();
    expect(await errorOf(async () => iterator.return?.())).toMatchObject({ errors: ["no"] });
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
  });
});
