/** Random programs against plain specifications. */
import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batch, CancelScope, debounce, ExceptionGroup, mapStream, merge, switchMap, throttle } from "../src/index.js";

/** How many random programs run. */
const RUNS = Number(process.env["RUNS"] ?? 300);

/** Items that arrive at given times. It notes what is pulled, and how often it is released. */
class Timed<T> {
  pulled = 0;
  returned = 0;
  isExhausted = false;
  hasFailed = false;
  readonly #items: readonly (readonly [gap: number, value: T])[];
  readonly #clock: VirtualClock;
  readonly #failure: Error | undefined;

  constructor(clock: VirtualClock, items: readonly (readonly [gap: number, value: T])[], failure?: Error) {
    this.#clock = clock;
    this.#items = items;
    this.#failure = failure;
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return {
      next: async () => {
        const item = this.#items[this.pulled];
        if (item === undefined) {
          if (this.#failure !== undefined) {
            this.hasFailed = true;
            throw this.#failure;
          }
          this.isExhausted = true;
          return { done: true, value: undefined };
        }
        this.pulled++;
        const [gap, value] = item;
        if (gap > 0) await new Promise<void>((resolve) => this.#clock.setTimer(resolve, gap));
        return { done: false, value };
      },
      return: () => {
        this.returned++;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

interface Item {
  readonly gap: number;
  readonly duration: number;
  readonly fails: boolean;
}

const item: fc.Arbitrary<Item> = fc.record({
  gap: fc.nat(3),
  duration: fc.nat(9),
  fails: fc.nat(14).map((n) => n === 0),
});

const program = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  items: fc.array(item, { maxLength: 14 }),
  sourceFails: fc.nat(9).map((n) => n === 0),
  isSync: fc.boolean(),
  limit: fc.integer({ min: 1, max: 4 }),
  buffer: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  ordered: fc.boolean(),
  /** How long the reader works on each result. */
  reading: fc.nat(6),
  /** After how many results the loop is left, and when the parent is cancelled. */
  leaveAfter: fc.option(fc.nat(8), { nil: Infinity }),
  cancelAt: fc.option(fc.nat(40), { nil: Infinity, freq: 2 }),
});
type Program = typeof program extends fc.Arbitrary<infer P> ? P : never;

/** One run of a `mapStream`. */
class Run {
  readonly #program: Program;
  readonly #clock: VirtualClock;
  readonly #sourceFailure = new Error("source");
  readonly #undelivered: number[] = [];
  #pulled = 0;
  #running = 0;
  readonly called: number[] = [];
  /** The calls that have returned a value, in the order in which they have ended. */
  readonly ended: number[] = [];
  readonly #failures: Error[] = [];
  readonly read: number[] = [];
  /** How many results were asked for. */
  #asked = 0;
  #left: "read all" | "left" = "read all";
  #thrown: { readonly error: unknown } | undefined;

  constructor(one: Program) {
    this.#program = one;
    this.#clock = new VirtualClock({ seed: one.seed });
  }

  async run(): Promise<void> {
    const { items, isSync, sourceFails, limit, buffer, ordered, cancelAt } = this.#program;
    const clock = this.#clock;
    const timed = new Timed(
      clock,
      items.map(({ gap }, index) => [gap, index] as const),
      sourceFails ? this.#sourceFailure : undefined,
    );
    const source = isSync ? this.#syncSource() : timed;
    const parent = new CancelScope({ clock, parent: null });
    if (cancelAt !== Infinity) clock.setTimer(() => parent.cancel(), cancelAt);
    const results = mapStream(source, (index, scope) => this.#call(index, scope), {
      limit,
      buffer,
      ordered,
      parent,
      undelivered: (index) => this.#undelivered.push(index),
    });
    const reading = this.#read(results);
    for (let i = 0; i < 100; i++) await clock.advance(3);
    await reading;
    this.#pulled = isSync ? this.#pulled : timed.pulled;
    this.#check(parent, timed);
    expect(clock.pending).toBe(0);
  }

  *#syncSource(): Generator<number> {
    for (let index = 0; index < this.#program.items.length; index++) {
      this.#pulled++;
      this.#checkAhead(this.#pulled);
      yield index;
    }
    if (this.#program.sourceFails) throw this.#sourceFailure;
  }

  async #call(index: number, scope: CancelScope): Promise<number> {
    this.called.push(index);
    this.#running++;
    expect(this.#running).toBeLessThanOrEqual(this.#program.limit);
    this.#checkAhead(this.called.length);
    try {
      const { duration, fails } = this.#program.items[index]!;
      if (duration > 0) await scope.sleep(duration);
      if (fails) {
        const failure = new Error(`call ${index}`);
        this.#failures.push(failure);
        throw failure;
      }
      this.ended.push(index);
      return index;
    } finally {
      this.#running--;
    }
  }

  /** Never more than `limit + buffer` items are pulled ahead (I6). */
  #checkAhead(pulled: number): void {
    const { limit, buffer = limit } = this.#program;
    expect(pulled - this.#asked).toBeLessThanOrEqual(limit + buffer);
  }

  async #read(results: AsyncIterable<number>): Promise<void> {
    const { reading, leaveAfter } = this.#program;
    try {
      const counted = {
        [Symbol.asyncIterator]: () => {
          const iterator = results[Symbol.asyncIterator]();
          return {
            next: () => {
              this.#asked++;
              return iterator.next();
            },
            return: () => iterator.return!(),
          };
        },
      };
      for await (const result of counted) {
        this.read.push(result);
        if (this.read.length > leaveAfter) {
          this.#left = "left";
          break;
        }
        if (reading > 0) await new Promise<void>((resolve) => this.#clock.setTimer(resolve, reading));
      }
    } catch (error) {
      this.#thrown = { error };
    }
    expect(this.#running).toBe(0); // everything has ended when the loop has (I3, I4)
  }

  #check(parent: CancelScope, timed: Timed<number>): void {
    const { items, ordered, isSync, sourceFails } = this.#program;
    const { read, called } = this;
    expect(new Set(read).size).toBe(read.length);
    if (ordered) expect(read).toEqual(read.map((_, index) => index));
    else expect(read).toEqual(this.ended.slice(0, read.length)); // as they have arrived (I5)
    // Each pulled item was called, or is undelivered, once (I12).
    expect([...called, ...this.#undelivered].sort((a, b) => a - b)).toEqual(
      Array.from({ length: this.#pulled }, (_, index) => index),
    );
    const error = this.#thrown?.error;
    if (error instanceof ExceptionGroup) {
      const errors = new Set(error.errors);
      const mayFail = new Set<unknown>([...this.#failures, this.#sourceFailure]);
      for (const one of errors) expect(mayFail.has(one)).toBe(true);
      for (const one of this.#failures) expect(errors.has(one)).toBe(true);
      const unread = /\((\d+) results? (?:was|were) not read\)$/.exec(error.message);
      if (this.#left === "read all") expect(Number(unread?.[1] ?? 0)).toBe(this.ended.length - read.length);
    } else if (error !== undefined) {
      expect(error).toBe(parent.reason);
      expect(this.#failures).toEqual([]);
    } else {
      expect(this.#failures).toEqual([]);
      if (this.#left === "read all") {
        expect(sourceFails).toBe(false);
        expect(read.length).toBe(items.length);
      }
    }
    // A source is released once, unless it has ended or failed (I3).
    if (!isSync && called.length + this.#undelivered.length > 0) {
      expect(timed.returned).toBe(timed.isExhausted || timed.hasFailed ? 0 : 1);
    }
  }
}

describe("mapStream", () => {
  it("agrees with its plain specification in random programs (I2, I3, I4, I5, I6, I12)", async () => {
    await fc.assert(
      fc.asyncProperty(program, async (one) => {
        await new Run(one).run();
      }),
      { numRuns: RUNS },
    );
  });
});

const gaps = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 12 });
const seeds = fc.integer({ min: 0, max: 2 ** 31 });

/** Reads everything, with the times at which items were read, relative to the start. */
async function readAll<T>(clock: VirtualClock, results: AsyncIterable<T>): Promise<(readonly [T, number])[]> {
  const read: (readonly [T, number])[] = [];
  const reading = (async () => {
    for await (const one of results) read.push([one, clock.now()]);
  })();
  for (let i = 0; i < 200; i++) await clock.advance(1);
  await reading;
  expect(clock.pending).toBe(0);
  return read;
}

/** The times of items with these gaps between them. */
function timesOf(list: readonly number[]): number[] {
  let time = 0;
  return list.map((gap) => (time += gap));
}

describe("the others", () => {
  it("merge keeps the order of each source, and loses nothing (I8)", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.array(gaps, { maxLength: 4 }), async (seed, lists) => {
        const clock = new VirtualClock({ seed });
        const sources = lists.map(
          (list, source) =>
            new Timed(
              clock,
              list.map((gap, index) => [gap, [source, index] as const]),
            ),
        );
        const read = await readAll(clock, merge(sources, { clock }));
        lists.forEach((list, source) => {
          const own = read.filter(([[from]]) => from === source).map(([[, index]]) => index);
          expect(own).toEqual(list.map((_, index) => index));
        });
      }),
      { numRuns: RUNS },
    );
  });

  it("batch keeps all items in order, and none waits longer than within (I9)", async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        gaps,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 9 }),
        async (seed, list, size, within) => {
          const clock = new VirtualClock({ seed });
          const source = new Timed(
            clock,
            list.map((gap, index) => [gap, index]),
          );
          const read = await readAll(clock, batch(source, { size, within, clock }));
          expect(read.flatMap(([items]) => items)).toEqual(list.map((_, index) => index));
          const times = timesOf(list);
          for (const [items, at] of read) {
            expect(items.length).toBeGreaterThan(0);
            expect(items.length).toBeLessThanOrEqual(size);
            expect(at - times[items[0]!]!).toBeLessThanOrEqual(within);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("debounce yields exactly the items that no other one follows within its time (I9)", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, gaps, async (seed, list) => {
        const clock = new VirtualClock({ seed });
        const ms = 4.5; // so that no item arrives at the very moment
        const source = new Timed(
          clock,
          list.map((gap, index) => [gap, index]),
        );
        const superseded: number[] = [];
        const results = debounce(source, ms, { clock, undelivered: (one) => superseded.push(one) });
        const read = (await readAll(clock, results)).map(([one]) => one);
        const expected = list.map((_, index) => index).filter((index) => !(list[index + 1]! < ms));
        expect(read).toEqual(expected);
        expect([...read, ...superseded].sort((a, b) => a - b)).toEqual(list.map((_, index) => index));
      }),
      { numRuns: RUNS },
    );
  });

  it("throttle yields the first item, and the latest of each time after (I9)", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, gaps, async (seed, list) => {
        const clock = new VirtualClock({ seed });
        const ms = 4.1234;
        const source = new Timed(
          clock,
          list.map((gap, index) => [gap, index]),
        );
        const read = await readAll(clock, throttle(source, ms, { clock }));
        expect(read.map(([one]) => one)).toEqual(throttled(timesOf(list), ms));
      }),
      { numRuns: RUNS },
    );
  });

  it("switchMap yields exactly the answers that no newer item has overtaken (I9)", async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })), { maxLength: 10 }),
        async (seed, list) => {
          const clock = new VirtualClock({ seed });
          let running = 0;
          const source = new Timed(
            clock,
            list.map(([gap], index) => [gap, index]),
          );
          const results = switchMap(
            source,
            async (index, scope) => {
              expect(++running).toBe(1);
              try {
                await scope.sleep(list[index]![1] + 0.5); // so that no item arrives at the very moment
              } finally {
                running--;
              }
              return index;
            },
            { clock },
          );
          const read = (await readAll(clock, results)).map(([one]) => one);
          expect(read).toEqual(
            list
              .map((_, index) => index)
              .filter((index) => index === list.length - 1 || list[index]![1] + 0.5 < list[index + 1]![0]),
          );
        },
      ),
      { numRuns: RUNS },
    );
  });
});

/** What a throttle yields, by a plain simulation. */
function throttled(times: readonly number[], ms: number): number[] {
  const yielded: number[] = [];
  let open = -Infinity;
  let latest: number | undefined;
  times.forEach((time, index) => {
    while (latest !== undefined && open < time) {
      yielded.push(latest);
      latest = undefined;
      open += ms;
    }
    if (time > open && latest === undefined) {
      yielded.push(index);
      open = time + ms;
    } else {
      latest = index;
    }
  });
  if (latest !== undefined) yielded.push(latest);
  return yielded;
}
