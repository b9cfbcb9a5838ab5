import fc from "fast-check";
import { expect, it } from "vitest";
import { CancelScope, type Clock, isCancellation, type Items, map, mapSettled } from "../../src/index.js";
import { outcomeOf } from "../outcome.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";

/** A clock that advances at every read: a deadline can pass between any two steps. */
function restless(): Clock {
  let time = 0;
  return { now: () => time++, setTimer: () => undefined, clearTimer: () => {} };
}

const sources: Record<string, (given: number[]) => Items<number>> = {
  array: (given) => {
    const items = Array.from({ length: 12 }, (_, index) => index);
    given.push(...items);
    return items;
  },
  *generator(given) {
    for (let n = 0; n < 200; n++) {
      given.push(n);
      yield n;
    }
  },
  async *"async generator"(given) {
    for (let n = 0; n < 200; n++) {
      given.push(n);
      yield n;
    }
  },
  "web stream": (given) => {
    let n = 0;
    const pull = (controller: ReadableStreamDefaultController<number>): void => {
      if (n === 200) controller.close();
      else controller.enqueue(n++);
    };
    given.push();
    return new ReadableStream<number>({ pull });
  },
  rejecting: () => {
    let n = 0;
    const next = (): Promise<unknown> =>
      n++ < 5 ? Promise.resolve({ done: false, value: n }) : Promise.reject(new Error("source"));
    return { [Symbol.asyncIterator]: () => ({ next }) } as unknown as AsyncIterable<number>;
  },
  hanging: () => {
    const next = (): Promise<unknown> => new Promise(() => {});
    return { [Symbol.asyncIterator]: () => ({ next, return: next }) } as unknown as AsyncIterable<number>;
  },
};

it("map leaves no rejection unhandled and loses no item, whatever a deadline does between two steps (T12)", async () => {
  const uncaught = await uncaughtDuring(async () => {
    const cases = fc.record({
      kind: fc.constantFrom(...Object.keys(sources)),
      deadline: fc.integer({ min: 0, max: 250 }),
      within: fc.option(fc.integer({ min: 0, max: 250 }), { nil: undefined }),
      limit: fc.constantFrom(undefined, 1, 2, 4),
      failsAt: fc.integer({ min: 0, max: 30 }),
      isSettled: fc.boolean(),
    });
    const property = fc.asyncProperty(cases, async ({ kind, deadline, within, limit, failsAt, isSettled }) => {
      // A hanging source ends only when the clock is read, so a timer reads it.
      const parent = new CancelScope({ clock: restless(), deadline });
      const given: number[] = [];
      const called: number[] = [];
      const undelivered: number[] = [];
      const items = (): Items<number> => sources[kind]!(given);
      const fn = async (n: number, scope: CancelScope): Promise<number> => {
        called.push(n);
        if (n === failsAt) throw new Error("call");
        await Promise.resolve();
        scope.throwIfCancelled();
        return n;
      };
      const options = { parent, limit, undelivered: (n: number) => void undelivered.push(n) };
      const running = outcomeOf<unknown>(
        isSettled ? mapSettled(items, fn, { ...options, within }) : map(items, fn, options),
      );
      let isOver = false;
      void running.then(() => (isOver = true));
      const goesOn = (): boolean => !isOver && !parent.cancelled;
      while (goesOn()) await Promise.resolve();
      const { error } = await running;
      if (error !== undefined && !isCancellation(error, parent)) expect(error).toBeInstanceOf(AggregateError);
      if (kind.includes("generator")) expect([...called, ...undelivered].sort((a, b) => a - b)).toEqual(given);
      parent.close();
    });
    await fc.assert(property, { numRuns: 1_500 });
  });
  expect(uncaught).toEqual([]);
});
