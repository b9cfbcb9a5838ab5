import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import {
  batch,
  CancelScope,
  debounce,
  ExceptionGroup,
  fromEvents,
  InvalidStateError,
  LaggedError,
  mapStream,
  merge,
  type Results,
  switchMap,
  throttle,
  toReadableStream,
} from "../src/index.js";
import { readAll } from "./read-all.js";

/** A source that is filled by hand. */
class Hand<T> implements AsyncIterableIterator<T> {
  readonly #items: T[] = [];
  #waiting: ((step: IteratorResult<T>) => void) | undefined = undefined;
  #isEnded = false;
  pulled = 0;
  returned = 0;

  next(): Promise<IteratorResult<T>> {
    this.pulled++;
    if (this.#items.length > 0) return Promise.resolve({ done: false, value: this.#items.shift()! });
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  return(): Promise<IteratorResult<T>> {
    this.returned++;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  push(value: T): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#items.push(value);
    else waiting({ done: false, value });
  }

  end(): void {
    this.#isEnded = true;
    this.#waiting?.({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

describe("mapStream", () => {
  const twice = async (item: number, scope: CancelScope): Promise<number> => {
    await scope.checkpoint();
    return item * 2;
  };

  it("yields all results, in order if asked (I5)", async () => {
    expect((await readAll(mapStream([1, 2, 3, 4, 5], twice, { limit: 2 }))).sort()).toEqual([10, 2, 4, 6, 8]);
    expect(await readAll(mapStream([1, 2, 3, 4, 5], twice, { limit: 2, ordered: true }))).toEqual([2, 4, 6, 8, 10]);
    expect(await readAll(mapStream([], twice, { limit: 1 }))).toEqual([]);
  });

  it("starts nothing before the first next(), and is iterated once (I1)", async () => {
    const source = new Hand<number>();
    const results = mapStream(source, twice, { limit: 1 });
    await settled();
    expect(source.pulled).toBe(0);
    results[Symbol.asyncIterator]();
    expect(() => results[Symbol.asyncIterator]()).toThrow(InvalidStateError);
    await results.return();
    expect(source.pulled).toBe(0);
  });

  it.each([true, false])("pulls at most limit + buffer items ahead, ordered: %s (I6)", async (ordered) => {
    const source = new Hand<number>();
    for (let i = 0; i < 20; i++) source.push(i);
    let running = 0;
    let most = 0;
    const results = mapStream(
      source,
      async (item, scope) => {
        most = Math.max(most, ++running);
        await scope.checkpoint();
        running--;
        return item;
      },
      { limit: 3, buffer: 2, ordered },
    );
    await results.next();
    for (let i = 0; i < 20; i++) await settled();
    expect(most).toBeLessThanOrEqual(3);
    expect(source.pulled).toBeLessThanOrEqual(1 + 3 + 2); // what was read, and ahead
    expect(running).toBe(0);
    await results.return();
    expect(source.returned).toBe(1);
  });

  it("the first failure cancels the rest, and rejects next() ahead of results that wait (I4)", async () => {
    const cut: number[] = [];
    const results = mapStream(
      [0, 1, 2, 3],
      async (item, scope) => {
        if (item < 2) return item;
        if (item === 2) throw new Error("2 is bad");
        try {
          await scope.sleep(Infinity);
        } finally {
          cut.push(item);
        }
        return item;
      },
      { limit: 4 },
    );
    expect(await results.next()).toEqual({ done: false, value: 0 });
    await settled();
    const error = await results.next().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect((error as ExceptionGroup).errors.map(String)).toEqual(["Error: 2 is bad"]);
    expect((error as Error).message).toContain("1 result was not read");
    expect(cut).toEqual([3]);
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  it("leaving the loop cancels what runs, waits for it, and releases the source (I3, I7)", async () => {
    const source = new Hand<number>();
    for (let i = 0; i < 5; i++) source.push(i);
    let running = 0;
    const results = mapStream(
      source,
      async (item, scope) => {
        if (item === 0) return item;
        running++;
        try {
          await scope.sleep(Infinity);
        } finally {
          running--;
        }
        return item;
      },
      { limit: 3 },
    );
    for await (const item of results) {
      expect(item).toBe(0);
      await settled();
      expect(running).toBe(3);
      break;
    }
    expect([running, source.returned]).toEqual([0, 1]);
  });

  it("return() settles a pending next(), and an outer cancellation rejects it (I7)", async () => {
    const source = new Hand<number>();
    const results = mapStream(source, twice, { limit: 1 });
    const pending = results.next();
    await settled();
    await results.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    using parent = new CancelScope();
    const other = mapStream(new Hand<number>(), twice, { limit: 1, parent });
    const waiting = other.next();
    await settled();
    parent.cancel("gone");
    await expect(waiting).rejects.toBe(parent.reason);
  });

  it("answers concurrent calls of next() in their order (I7)", async () => {
    const results = mapStream([1, 2, 3], twice, { limit: 3, ordered: true });
    const steps = await Promise.all([results.next(), results.next(), results.next(), results.next()]);
    expect(steps.map(({ value }) => value)).toEqual([2, 4, 6, undefined]);
  });
});

describe("merge", () => {
  it("takes turns, and ends when all have ended (I8)", async () => {
    expect(
      await readAll(
        merge([
          [1, 2, 3],
          ["a", "b"],
        ]),
      ),
    ).toEqual([1, "a", 2, "b", 3]);
    expect(await readAll(merge([]))).toEqual([]);
  });

  it("a failing source closes the rest (I8)", async () => {
    const source = new Hand<number>();
    const failing = (async function* () {
      yield 1;
      throw new Error("down");
    })();
    const results = merge([source, failing]);
    expect(await results.next()).toEqual({ done: false, value: 1 });
    await expect(results.next()).rejects.toThrow("down");
    expect(source.returned).toBe(1);
  });
});

describe("batch", () => {
  it("yields full batches, and the rest at the end (I9)", async () => {
    expect(await readAll(batch([1, 2, 3, 4, 5], { size: 2 }))).toEqual([[1, 2], [3, 4], [5]]);
  });

  it("yields what it has when the first item is `within` old (I9)", async () => {
    const clock = new VirtualClock();
    const source = new Hand<number>();
    const results = batch(source, { size: 10, within: 100, clock });
    const first = results.next();
    await clock.advance(50);
    source.push(1);
    await settled();
    await clock.advance(60);
    source.push(2);
    await settled();
    await clock.advance(40);
    expect(await first).toEqual({ done: false, value: [1, 2] });
    await results.return();
    expect(clock.pending).toBe(0);
  });
});

describe("debounce and throttle", () => {
  it("debounce yields an item that no other one has followed (I9)", async () => {
    const clock = new VirtualClock();
    const source = new Hand<string>();
    const items: string[] = [];
    const reading = (async () => {
      for await (const item of debounce(source, 100, { clock })) items.push(item);
    })();
    for (const text of ["s", "se", "sel"]) {
      source.push(text);
      await clock.advance(50);
    }
    expect(items).toEqual([]);
    await clock.advance(50);
    expect(items).toEqual(["sel"]);
    source.push("last");
    await settled();
    source.end();
    await reading;
    expect(items).toEqual(["sel", "last"]);
  });

  it("throttle yields the first item, and then the latest of each time (I9)", async () => {
    const clock = new VirtualClock();
    const source = new Hand<number>();
    const items: [number, number][] = [];
    const reading = (async () => {
      for await (const item of throttle(source, 100, { clock })) items.push([item, clock.now()]);
    })();
    for (let i = 0; i < 6; i++) {
      source.push(i);
      await settled();
      await clock.advance(40);
    }
    source.end();
    await reading;
    expect(items).toEqual([
      [0, 0],
      [2, 100],
      [4, 200],
      [5, 240], // the source has ended
    ]);
  });
});

it("switchMap cancels the call before, waits for it, and never yields an older answer (I9)", async () => {
  const source = new Hand<string>();
  const log: string[] = [];
  const results: Results<string> = switchMap(source, async (query, scope) => {
    log.push(`search ${query}`);
    try {
      if (query !== "sel") await scope.sleep(Infinity);
      return `found ${query}`;
    } finally {
      log.push(`end ${query}`);
    }
  });
  const first = results.next();
  for (const query of ["s", "se", "sel"]) {
    source.push(query);
    await settled();
  }
  expect(await first).toEqual({ done: false, value: "found sel" });
  expect(log).toEqual(["search s", "end s", "search se", "end se", "search sel", "end sel"]);
  await results.return();
});

describe("fromEvents", () => {
  it("reads an EventEmitter from the call on, until the event that ends it (I10)", async () => {
    using scope = new CancelScope();
    const emitter = new EventEmitter();
    const events = fromEvents<number>(scope, emitter, "data", { until: "end" });
    emitter.emit("data", 1);
    emitter.emit("data", 2);
    emitter.emit("end");
    expect(await readAll(events)).toEqual([1, 2]);
    expect(emitter.eventNames()).toEqual([]);
  });

  it("rejects on an error event, and at an overflow (I10)", async () => {
    using scope = new CancelScope();
    const emitter = new EventEmitter();
    const events = fromEvents<number>(scope, emitter, "data");
    const error = new Error("reset");
    const next = events.next();
    emitter.emit("error", error);
    await expect(next).rejects.toBe(error);
    const slow = fromEvents<number>(scope, emitter, "data", { capacity: 1 });
    emitter.emit("data", 1);
    emitter.emit("data", 2);
    expect(await slow.next()).toEqual({ done: false, value: 1 });
    await expect(slow.next()).rejects.toBeInstanceOf(LaggedError);
    expect(await slow.next()).toEqual({ done: true, value: undefined });
    expect(emitter.eventNames()).toEqual([]);
  });

  it("listens to an EventTarget, and removes its listener with the scope (I10)", async () => {
    const scope = new CancelScope();
    const target = new EventTarget();
    const events = fromEvents<Event>(scope, target, "ping");
    target.dispatchEvent(new Event("ping"));
    expect((await events.next()).value).toMatchObject({ type: "ping" });
    const pending = events.next();
    scope.cancel();
    await expect(pending).rejects.toBe(scope.reason);
  });
});

it("toReadableStream maps pull and cancel (I11)", async () => {
  const source = new Hand<number>();
  source.push(1);
  source.push(2);
  const reader = toReadableStream(source).getReader();
  expect(await reader.read()).toEqual({ done: false, value: 1 });
  await reader.cancel("enough");
  expect([source.returned, source.pulled]).toEqual([1, 1]);
});

it("a Node stream is a source that is destroyed when the loop is left (I11, I12)", async () => {
  const stream = Readable.from([1, 2, 3]);
  for await (const item of mapStream(stream, (item: number) => item, { limit: 1 })) {
    expect(item).toBe(1);
    break;
  }
  expect(stream.destroyed).toBe(true);
});
