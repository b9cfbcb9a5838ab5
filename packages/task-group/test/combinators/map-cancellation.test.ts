import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, map, type MapFunction } from "../../src/index.js";
import { errorsOf, microtasks, outcomeOf } from "../outcome.js";
import { watchedSource } from "./watched-source.js";

const identity = <T>(item: T): T => item;
const forever = (_: unknown, scope: CancelScope): Promise<never> => scope.sleep(Infinity) as Promise<never>;
const never = (): Promise<never> => new Promise(() => {});

/** Fails at one item; the other calls wait for their cancellation. */
const failingAt =
  (bad: number, error: unknown): MapFunction<number, never> =>
  (item, scope) =>
    item === bad ? Promise.reject(error) : forever(item, scope);

describe("map under an outer owner that is cancelled", () => {
  it("map rejects with the outer CancelledError if a call was interrupted (T12, T5)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const parent = new CancelScope({ clock, deadline: 10 });
    expect(await outcomeOf(map([1, 2], forever, { parent }))).toEqual({ error: parent.reason });
    expect(clock.now()).toBe(10);
    parent.close();
  });

  it.each(["sync", "async"] as const)(
    "an outer cancellation wakes a map that waits for room, and the %s source is closed once (T12)",
    async (kind) => {
      using parent = new CancelScope();
      const source = watchedSource({ items: [1, 2, 3] });
      const run = map(source[kind], forever, { parent, limit: 1 });
      await settled();
      expect(source.log).toEqual(["next"]);
      parent.cancel();
      expect(await outcomeOf(run)).toEqual({ error: parent.reason });
      expect(source.log).toEqual(["next", "return"]);
    },
  );

  it("an outer cancellation closes the source of a map that waits for room at once, although a call ignores it (T12)", async () => {
    using parent = new CancelScope();
    let end: (value: unknown) => void = () => {};
    const source = watchedSource({ items: [1, 2] });
    const run = map(source.async, () => new Promise((resolve) => (end = resolve)), { parent, limit: 1 });
    await settled();
    parent.cancel();
    await settled();
    expect(source.log).toEqual(["next", "return"]);
    end("deaf");
    expect(await outcomeOf(run)).toEqual({ error: parent.reason });
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    "an outer cancellation %i microtasks after the source's end either is too late or closes the source (T12, T5)",
    async (later) => {
      using parent = new CancelScope();
      const log: string[] = [];
      let end: (step: IteratorReturnResult<undefined>) => void = () => {};
      const source: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise((resolve) => (end = resolve)),
          async return() {
            log.push("return");
            await settled(); // its end comes meanwhile
            return { done: true, value: undefined };
          },
        }),
      };
      const run = map(source, identity, { parent });
      await settled();
      end({ done: true, value: undefined });
      await microtasks(later);
      parent.cancel();
      const expected = { asked: { error: parent.reason }, unasked: { value: [] } };
      expect(await outcomeOf(run)).toEqual(log.length > 0 ? expected.asked : expected.unasked);
    },
  );

  it("an outer cancellation during a hanging next abandons it, and calls the source's return (T12)", async () => {
    using parent = new CancelScope();
    const source = watchedSource({ items: [], next: { 0: never }, return: never });
    const run = map(source.async, identity, { parent });
    await settled();
    parent.cancel();
    expect(await outcomeOf(run)).toEqual({ error: parent.reason });
    expect(source.log).toEqual(["next", "return"]);
  });

  it("an abandoned next or return that rejects later causes no unhandled rejection (T12, S12)", async () => {
    using parent = new CancelScope();
    let fail: (error: unknown) => void = () => {};
    const source = watchedSource({
      items: [],
      next: { 0: () => new Promise((_, reject) => (fail = reject)) },
      return: () => Promise.reject(new Error("return")),
    });
    const run = map(source.async, identity, { parent });
    await settled();
    parent.cancel();
    expect(await outcomeOf(run)).toEqual({ error: parent.reason });
    fail(new Error("next"));
    await settled();
  });

  it("map lists what return throws at once, even while a next hangs (T12, T5)", async () => {
    using parent = new CancelScope();
    const items: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: never,
        return: () => {
          throw new Error("return");
        },
      }),
    };
    const run = map(items, identity, { parent });
    await settled();
    parent.cancel();
    expect(await errorsOf(run)).toEqual([new Error("return")]);
  });

  it("map has run the cleanup of a generator that waits at a yield before it rejects (T12)", async () => {
    using parent = new CancelScope();
    let cleaned = false;
    function* items(): Generator<number> {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        cleaned = true;
      }
    }
    const run = map(items(), forever, { parent, limit: 3 });
    await settled();
    expect(cleaned).toBe(false);
    parent.cancel();
    expect(await outcomeOf(run)).toEqual({ error: parent.reason });
    expect(cleaned).toBe(true);
  });

  it("an outer cancellation by the first call prevents further items from being pulled without a call (T12)", async () => {
    using parent = new CancelScope();
    const source = watchedSource({ items: [1, 2, 3] });
    const run = map(source.async, () => expect.unreachable(), { parent });
    parent.cancel();
    expect(await outcomeOf(run)).toEqual({ error: parent.reason });
    expect(source.log).toEqual(["next", "return"]);
  });

  it("a cancellation by the first call comes after the calls for a synchronous source have begun, up to the limit (K1, T12)", async () => {
    using parent = new CancelScope();
    const source = watchedSource({ items: [1, 2, 3] });
    const begun: number[] = [];
    const sleeping = (item: number, scope: CancelScope): Promise<void> => {
      begun.push(item);
      return scope.sleep(Infinity);
    };
    const run = map(source.sync, sleeping, { parent, limit: 2 });
    expect([begun, source.log]).toEqual([
      [1, 2],
      ["next", "next"],
    ]);
    parent.cancel();
    expect(await outcomeOf(run)).toEqual({ error: parent.reason });
    expect([begun, source.log]).toEqual([
      [1, 2],
      ["next", "next", "return"],
    ]);
  });

  it("map recognises the outer cancellation also if the source passes it on (T12, T5)", async () => {
    const outer = new CancelScope();
    async function* items(): AsyncGenerator<number> {
      yield 1;
      await outer.sleep(Infinity);
    }
    const value = await outer.run(() => {
      const run = map(items(), identity, { parent: outer });
      setImmediate(() => outer.cancel());
      return run;
    });
    expect(value).toBeUndefined();
    expect(outer.cancelledCaught).toBe(true);
  });

  it("map calls nothing if the owner was cancelled before, and closes the source (T6, T12)", async () => {
    using parent = new CancelScope();
    parent.cancel();
    const source = watchedSource({ items: [1] });
    expect(await outcomeOf(map(source.sync, () => expect.unreachable(), { parent }))).toEqual({ error: parent.reason });
    expect(source.log).toEqual(["return"]);
  });

  it("map keeps the results if all calls have returned, although the last one cancels the owner (T12, T5)", async () => {
    using parent = new CancelScope();
    const last = async (n: number, scope: CancelScope): Promise<number> => {
      await scope.checkpoint();
      if (n === 3) parent.cancel();
      return n * 10;
    };
    expect(await map([1, 2, 3], last, { parent })).toEqual([10, 20, 30]);
  });

  it("map has no results if the source had not ended, although all calls have returned (T12, T5)", async () => {
    using parent = new CancelScope();
    const run = map([1, 2, 3], (n) => (n === 3 && parent.cancel(), n * 10), { parent });
    expect(await outcomeOf(run)).toEqual({ error: parent.reason });
  });

  it("map keeps the results of calls that ignore the cancellation, once the source has ended (T12, K2)", async () => {
    using parent = new CancelScope();
    const run = map([1, 2], async (n, scope) => (await scope.sleep(Infinity).catch(() => {}), n * 10), { parent });
    await settled();
    parent.cancel();
    expect(await run).toEqual([10, 20]);
  });

  it("map rejects with the errors of unwinding instead, if there are any (T5)", async () => {
    using parent = new CancelScope();
    const run = map([1, 2], (n, scope) => forever(n, scope).catch(() => (n === 2 ? Promise.reject("cleanup") : forever(n, scope))), { parent }); // prettier-ignore
    await settled();
    parent.cancel();
    expect(await errorsOf(run)).toEqual(["cleanup"]);
  });

  it("the outer owner of map may be an AbortSignal (S8)", async () => {
    const controller = new AbortController();
    const run = map([1], forever, { parent: controller.signal });
    await settled();
    controller.abort("gone");
    expect((await outcomeOf(run)).error).toMatchObject({ name: "AbortError", cause: "gone" });
  });

  it("map leaves nothing open in its owner, and no listener (S16)", async () => {
    const parent = new CancelScope();
    await map([1, 2], identity, { parent });
    await outcomeOf(map([1, 2], failingAt(2, "no"), { parent }));
    parent.close();
  });
});
