import { Readable } from "node:stream";
import { settled, VirtualClock } from "@selvage/testing";
import { expectTypeOf } from "expect-type";
import { describeTree } from "@selvage/scope/debug";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, map, type MapFunction } from "../../src/index.js";
import { errorsOf, outcomeOf } from "../outcome.js";
import { watchedSource } from "./watched-source.js";

const identity = <T>(item: T): T => item;

async function* asynchronously<T>(items: Iterable<T>): AsyncGenerator<T, void> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

/** 0, 1, 2 … without end; counts how many were pulled. */
function counting(): { items: Iterable<number>; pulled: () => number } {
  let pulled = 0;
  function* items(): Generator<number> {
    for (;;) yield pulled++;
  }
  return { items: items(), pulled: () => pulled };
}

describe("map", () => {
  it("map resolves with the results in the order of the items, whichever call ends first (T12)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const results = await map([30, 10, 20], async (ms, scope) => (await scope.sleep(ms), `${ms} ms`), { clock });
    expectTypeOf(results).toEqualTypeOf<string[]>();
    expect(results).toEqual(["30 ms", "10 ms", "20 ms"]);
    expect(clock.now()).toBe(30);
  });

  it("map infers the types of items and results, also of promises (T12)", async () => {
    expectTypeOf(map([1, 2], (n) => (expectTypeOf(n).toEqualTypeOf<number>(), [n]))).toEqualTypeOf<
      Promise<number[][]>
    >();
    expectTypeOf(map(new Set(["a"]), async (text) => text.length)).toEqualTypeOf<Promise<number[]>>();
    expectTypeOf(map(asynchronously([true]), (flag) => (flag ? 1 : "no"))).toEqualTypeOf<Promise<(1 | "no")[]>>();
    expectTypeOf(map(new Map([[1, "a"]]), ([key, value]) => ({ key, value }))).toEqualTypeOf<
      Promise<{ key: number; value: string }[]>
    >();
    await settled();
  });

  it("map passes each call the item, the child's own scope, and the index (T12)", async () => {
    const clock = new VirtualClock();
    const scopes = new Set<CancelScope>();
    const note: MapFunction<string, string> = (item, scope, index) => {
      scopes.add(scope);
      expect(scope.clock).toBe(clock);
      return `${index}: ${item}`;
    };
    expect(await map(["a", "b"], note, { clock })).toEqual(["0: a", "1: b"]);
    expect(await map(asynchronously(["c"]), note, { clock })).toEqual(["0: c"]);
    expect(scopes.size).toBe(3);
  });

  it.each([
    ["an array", [1, 2, 3]],
    ["a set", new Set([1, 2, 3])],
    ["a generator", [1, 2, 3].values()],
    ["an async generator", asynchronously([1, 2, 3])],
    ["a stream", Readable.from([1, 2, 3])],
    ["an iterable that is both, as an asynchronous one", {
      *[Symbol.iterator]() { yield* [0]; },
      async *[Symbol.asyncIterator]() { yield* [1, 2, 3]; },
    }], // prettier-ignore
    ["an array whose asyncIterator is undefined", Object.assign([1, 2, 3], { [Symbol.asyncIterator]: undefined })],
  ])("map accepts %s (T12)", async (_, items) => {
    expect(await map(items as Iterable<number>, (n) => n * 2)).toEqual([2, 4, 6]);
  });

  it("map accepts a string, and iterators without return (T12)", async () => {
    expect(await map("añ", identity)).toEqual(["a", "ñ"]);
    let left = 2;
    const bare = { [Symbol.iterator]: () => ({ next: () => ({ done: left-- === 0, value: left }) }) };
    expect(await map(bare as Iterable<number>, identity)).toEqual([1, 0]);
    left = 5;
    expect(await errorsOf(map(bare as Iterable<number>, () => Promise.reject("no"), { limit: 1 }))).toEqual(["no"]);
  });

  it("map of no items resolves with [], and calls nothing (T12)", async () => {
    expect(await map([], () => expect.unreachable())).toEqual([]);
    expect(await map(asynchronously([]), () => expect.unreachable(), { limit: 1 })).toEqual([]);
  });

  it("map passes items on unchanged: promises in an array are not awaited (T12)", async () => {
    const promise = Promise.resolve(1);
    expect(await map([promise], (item) => [item === promise])).toEqual([[true]]);
  });

  it("map awaits nothing of a synchronous step, even if it looks like a promise (T12)", async () => {
    const step = { done: false, value: "item", then: () => expect.unreachable() };
    const steps = [step, { done: true, value: undefined }];
    const items = { [Symbol.iterator]: () => ({ next: () => steps.shift() }) };
    expect(await map(items as unknown as Iterable<string>, identity)).toEqual(["item"]);
  });

  it("map treats any truthy done as the end, as the language does (T12)", async () => {
    const steps = [{ value: 1 }, { done: 0, value: 2 }, { done: 1, value: 3 }];
    const items = { [Symbol.iterator]: () => ({ next: () => steps.shift() }) };
    expect(await map(items as unknown as Iterable<number>, identity)).toEqual([1, 2]);
  });

  it("map never makes a sparse list of results, although the last call ends first (T12)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const items = Array.from({ length: 3_000 }, (_, index) => index);
    const results = await map(items, (n, scope) => scope.sleep(3_000 - n), { clock });
    expect(Object.keys(results)).toHaveLength(3_000);
    expect(results.includes(undefined)).toBe(true);
  });

  it("nested maps have separate groups, each with its own limit (T12)", async () => {
    const nested = await map([1, 2], (n, scope) => map([10, 20], (m) => n * m, { parent: scope }));
    expect(nested).toEqual([[10, 20], [20, 40]]); // prettier-ignore
  });

  it("map shows up as a TaskGroup in the tree (C3)", async () => {
    using scope = new CancelScope();
    const [line] = await map([1], () => describeTree(scope).split("\n")[1], { parent: scope, name: "pages" });
    expect(line).toMatch(/^ {2}TaskGroup "pages": live/);
  });

  it("map names its calls after the function, whatever its name (C3)", async () => {
    const { error } = await outcomeOf(
      map([1], function resize(_, scope) {
        new CancelScope({ parent: scope });
      }),
    );
    expect(String((error as AggregateError).errors)).toContain('open in "resize"');
    const odd = Object.defineProperty(() => "fine", "name", { value: 5 });
    expect(await map([1], odd)).toEqual(["fine"]);
  });
});

describe("map under a limit", () => {
  it("map runs at most `limit` calls at once, and pulls the next item only when one has ended (T12, T8)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const { items, pulled } = counting();
    let running = 0;
    let furthestAhead = 0;
    let most = 0;
    let ended = 0;
    const run = map(
      items,
      async (n, scope) => {
        most = Math.max(most, ++running);
        furthestAhead = Math.max(furthestAhead, pulled() - ended);
        await scope.sleep((n % 5) + 1);
        running--;
        ended++;
        if (n === 100) throw new Error("enough");
      },
      { limit: 8, clock },
    );
    expect(await errorsOf(run)).toEqual([new Error("enough")]);
    expect({ most, furthestAhead }).toEqual({ most: 8, furthestAhead: 8 });
    expect(pulled() - ended).toBeLessThanOrEqual(8);
  });

  it("map pulls one item at a time from an asynchronous source (T12)", async () => {
    let pulling = 0;
    let most = 0;
    async function* items(): AsyncGenerator<number> {
      for (let n = 0; n < 20; n++) {
        most = Math.max(most, ++pulling);
        await new Promise((resolve) => setImmediate(resolve));
        pulling--;
        yield n;
      }
    }
    const impatient = items();
    const watched: AsyncIterable<number> = { [Symbol.asyncIterator]: () => impatient };
    expect(await map(watched, identity)).toHaveLength(20);
    expect(most).toBe(1);
  });

  it("map starts calls while the source is slow: it does not wait for a batch (T12)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const outside = new CancelScope({ clock });
    const log: string[] = [];
    async function* items(): AsyncGenerator<number> {
      for (let n = 0; n < 3; n++) {
        await outside.sleep(10);
        yield n;
      }
    }
    const call = async (n: number, scope: CancelScope): Promise<void> => {
      log.push(`${n} begins at ${clock.now()}`);
      await scope.sleep(15);
      log.push(`${n} ends at ${clock.now()}`);
    };
    await map(items(), call, { limit: 2, clock });
    expect(log).toEqual([
      "0 begins at 10",
      "1 begins at 20",
      "0 ends at 25",
      "1 ends at 35",
      "2 begins at 35",
      "2 ends at 50",
    ]);
  });

  it("map keeps the order under random delays of source and calls, and never reads ahead (T12)", async () => {
    const milliseconds = fc.nat({ max: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ pull: milliseconds, call: milliseconds }), { maxLength: 30 }),
        fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
        fc.boolean(),
        async (delays, limit, isAsync) => {
          const clock = new VirtualClock({ autojump: true });
          const outside = new CancelScope({ clock });
          let running = 0;
          function* synchronous(): Generator<[number, number]> {
            for (const [index, { call }] of delays.entries()) {
              expect(running).toBeLessThan(limit ?? Infinity);
              yield [index, call];
            }
          }
          async function* asynchronous(): AsyncGenerator<[number, number]> {
            for (const [index, { pull, call }] of delays.entries()) {
              expect(running).toBeLessThan(limit ?? Infinity);
              await outside.sleep(pull);
              yield [index, call];
            }
          }
          const results = await map(
            isAsync ? asynchronous() : synchronous(),
            async ([index, ms], scope, at) => {
              expect(at).toBe(index);
              running++;
              await scope.sleep(ms);
              running--;
              return index;
            },
            { clock, limit },
          );
          expect(results).toEqual(delays.map((_, index) => index));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("map without a limit pulls a synchronous source to its end, whatever the calls do (T12)", async () => {
    let running = 0;
    let most = 0;
    const items = Array.from({ length: 1_000 }, (_, index) => index);
    await map(items, async (_, scope) => {
      most = Math.max(most, ++running);
      await scope.checkpoint();
      running--;
    });
    expect(most).toBe(1_000);
  });

  it("map ends an endless source at a deadline, although the event loop does not turn (T12, S9)", async () => {
    const clock = new VirtualClock();
    const { items } = counting();
    let time = 0;
    const ticking = {
      now: () => time++,
      setTimer: clock.setTimer.bind(clock),
      clearTimer: clock.clearTimer.bind(clock),
    };
    const parent = new CancelScope({ clock: ticking, deadline: 1_000 });
    expect(await outcomeOf(map(items, identity, { parent }))).toEqual({ error: parent.reason });
    parent.close();
  });
});

describe("the misuse of map", () => {
  it("map with wrong arguments throws at once, and does not touch the source (T12)", () => {
    const source = watchedSource({ items: [1] });
    const unopened: Iterable<number> = { [Symbol.iterator]: () => expect.unreachable() };
    // @ts-expect-error -- a number is not a source
    expect(() => map(5, identity)).toThrow(new TypeError("map() needs an iterable or an async iterable, got 5."));
    for (const items of [null, undefined, {}]) {
      expect(() => map(items as never, identity)).toThrow("map() needs an iterable or an async iterable, got ");
    }
    // @ts-expect-error -- a call is a function
    expect(() => map(source.sync, "fn")).toThrow(
      new TypeError('The function to map with must be a function, got "fn".'),
    );
    expect(() => map(unopened, identity, { limit: 0 })).toThrow(RangeError);
    expect(() => map(unopened, identity, { limit: "8" as never })).toThrow(TypeError);
    const closed = new CancelScope();
    closed.close();
    expect(() => map(unopened, identity, { parent: closed })).toThrow(ClosedError);
    expect(source.log).toEqual([]);
  });
});
