import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { asCompleted, CancelScope, ExceptionGroup, type TaskFunction } from "../../src/index.js";
import { errorOf } from "../outcome.js";

const forever = (scope: CancelScope): Promise<never> => scope.sleep(Infinity) as Promise<never>;
const failing = (error: unknown) => (): Promise<never> => Promise.reject(error);

describe("a loop over asCompleted that is left early", () => {
  it("tells the others why they are cancelled, and waits for all of them (V10, T1)", async () => {
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

  it("leaves nothing open in its parent, whose run goes on (V10, S16)", async () => {
    const parent = new CancelScope();
    await parent.run(async () => {
      for await (const task of asCompleted([() => 1, forever], { parent })) {
        expect(task.result()).toBe(1);
        break;
      }
    });
    expect(parent.cancelled).toBe(false);
  });

  it("by return hands on its value, once all have ended (V10)", async () => {
    let unwound = false;
    const loser = (scope: CancelScope): Promise<never> => forever(scope).finally(() => (unwound = true));
    const first = async (): Promise<unknown> => {
      for await (const task of asCompleted([loser, () => "first"])) return task.result();
      return "never";
    };
    expect(await first()).toBe("first");
    expect(unwound).toBe(true);
  });

  it("never starts those that wait for their turn (V10, T8)", async () => {
    for await (const task of asCompleted([() => 1, forever, () => expect.unreachable()], { limit: 1 })) {
      expect(task.result()).toBe(1);
      break;
    }
  });

  it("throws a group of what had failed and was not handed out, and of what failed while it unwound (V10)", async () => {
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

  it("says nothing of errors that were handed out, nor of values and cancelled tasks that were not (V10)", async () => {
    const fns = [failing("seen"), () => "unseen", (scope: CancelScope) => (scope.cancel(), forever(scope)), forever];
    for await (const task of asCompleted(fns)) {
      expect(task.exception()).toBe("seen");
      await settled();
      break;
    }
  });

  it("says nothing of an outer owner's cancellation: the next checkpoint sees it (V10)", async () => {
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

  it("reports what a task leaves open in the scope of them all (S16)", async () => {
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

  it("closes an idle scope that a source left open whose reading was cancelled, and fails with none of it (S16)", async () => {
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

  it("closes an idle scope that a source left open which failed, and fails with the source's error alone (S16)", async () => {
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

describe("the iterator of asCompleted, left by hand", () => {
  it("before the first task cancels all that has begun, and is done for good (V10)", async () => {
    let unwound = false;
    const iterator = asCompleted([(scope) => forever(scope).finally(() => (unwound = true))])[Symbol.asyncIterator]();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(unwound).toBe(true);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
  });

  it("ends what still waits for a task (V10)", async () => {
    const iterator = asCompleted([forever])[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("forgets an outer owner's cancellation too (V10)", async () => {
    using parent = new CancelScope();
    const iterator = asCompleted([forever], { parent })[Symbol.asyncIterator]();
    parent.cancel();
    await settled();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("tells of its errors once (V10)", async () => {
    const iterator = asCompleted([failing("no")])[Symbol.asyncIterator]();
    await settled();
    expect(await errorOf(async () => iterator.return?.())).toMatchObject({ errors: ["no"] });
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
  });
});
