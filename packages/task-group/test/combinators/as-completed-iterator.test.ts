import { getEventListeners } from "node:events";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { asCompleted, CancelScope, ClosedError, InvalidStateError, type TaskFunction } from "../../src/index.js";

const failing = (error: unknown) => (): Promise<never> => Promise.reject(error);
const after =
  <T>(ms: number, value: T) =>
  (scope: CancelScope): Promise<T> =>
    scope.sleep(ms).then(() => value);

describe("the tasks that asCompleted yields", () => {
  it("asCompleted yields the tasks themselves, which have names and scopes, and can still be awaited (V10)", async () => {
    const clock = new VirtualClock();
    const scopes: CancelScope[] = [];
    const fn = async function fetchPage(scope: CancelScope): Promise<string> {
      scopes.push(scope);
      return "page";
    };
    for await (const task of asCompleted([fn], { clock })) {
      expect(task.name).toBe("fetchPage");
      expect(task.scope).toBe(scopes[0]);
      expect(task.scope.clock).toBe(clock);
      expect(await (task as unknown as Promise<string>)).toBe("page");
    }
  });

  it("a yielded task is not awaited: a failed or self-cancelled task does not throw in the loop's head (V10)", async () => {
    const seen: string[] = [];
    const leaving = (scope: CancelScope): Promise<void> => (scope.cancel("had enough"), scope.sleep(Infinity));
    for await (const task of asCompleted([failing("no"), leaving, () => "survivor"])) seen.push(task.status);
    expect(seen).toEqual(expect.arrayContaining(["rejected", "cancelled", "fulfilled"]));
  });
});

describe("the iteration of asCompleted", () => {
  it("the iteration starts queued tasks while the loop does something else (V10, T8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    let running = 0;
    let most = 0;
    const fn = async (scope: CancelScope): Promise<number> => {
      most = Math.max(most, ++running);
      await scope.sleep(10);
      running--;
      return clock.now();
    };
    const slow = new CancelScope({ clock });
    const seen: number[] = [];
    for await (const task of asCompleted([fn, fn, fn, fn], { clock, limit: 2 })) {
      seen.push(task.result());
      await slow.sleep(100);
    }
    expect(seen).toEqual([10, 10, 20, 20]);
    expect(most).toBe(2);
  });

  it("asCompleted copies the functions when it is called (V10)", async () => {
    const fns: TaskFunction<string>[] = [() => "first"];
    const iterable = asCompleted(fns);
    fns.push(() => "added");
    const seen: string[] = [];
    for await (const task of iterable) seen.push(task.result());
    expect(seen).toEqual(["first"]);
  });

  it("asCompleted calls the functions as soon as its iterator is created (V10)", async () => {
    const log: string[] = [];
    const iterator = asCompleted([() => log.push("called")])[Symbol.asyncIterator]();
    expect(log).toEqual(["called"]);
    await iterator.next();
    await iterator.next();
  });

  it("the iterator keeps done tasks until next is called (V10)", async () => {
    const clock = new VirtualClock();
    const iterator = asCompleted([after(2, "b"), after(1, "a")], { clock })[Symbol.asyncIterator]();
    await clock.advance(5);
    const steps = [await iterator.next(), await iterator.next(), await iterator.next()];
    expect(steps.map((step) => (step.done === true ? "end" : step.value.result()))).toEqual(["a", "b", "end"]);
  });

  it("a second iteration is an InvalidStateError, or a ClosedError if its parent was closed meanwhile (V10)", async () => {
    const parent = new CancelScope();
    const [iterated, late] = [asCompleted([() => 1]), asCompleted([() => expect.unreachable()], { parent })];
    for await (const task of iterated) expect(task.result()).toBe(1);
    expect(() => iterated[Symbol.asyncIterator]()).toThrow(InvalidStateError);
    parent.close(); // it could not be closed if anything of `late` were open
    expect(() => late[Symbol.asyncIterator]()).toThrow(ClosedError);
  });

  it("a complete iteration leaves nothing open in its parent, and no listener (V10, S16)", async () => {
    const controller = new AbortController();
    const parent = new CancelScope({ parent: controller.signal });
    for (const fns of [[() => 1, failing("no")], []]) {
      for await (const task of asCompleted(fns, { parent })) expect(task.done).toBe(true);
    }
    parent.close();
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it(
    "the iterator yields each of 100,000 done tasks, and answers each of 100,000 waiting calls, in constant time (V10)",
    { timeout: 30_000 },
    async () => {
      // Array.prototype.shift would move 100,000 items each time.
      const count = 100_000;
      const fns = Array.from({ length: count }, (_, index) => () => index);
      const waiting = asCompleted(fns)[Symbol.asyncIterator]();
      await settled();
      let handed = 0;
      while ((await waiting.next()).done !== true) handed++;
      expect(handed).toBe(count);

      const asked = asCompleted(fns)[Symbol.asyncIterator]();
      const steps = await Promise.all(Array.from({ length: count + 1 }, () => asked.next()));
      expect(steps.findIndex(({ done }) => done === true)).toBe(count);
      const last = steps[count - 1]!;
      expect(last.done === true ? "end" : last.value.result()).toBe(count - 1);
    },
  );
});
