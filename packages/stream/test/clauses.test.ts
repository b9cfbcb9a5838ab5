/** Second clauses of the rules of streams. */
import { EventEmitter } from "node:events";
import { Broadcast, Channel } from "@selvage/channel";
import { describeTree } from "@selvage/scope/debug";
import { Semaphore } from "@selvage/semaphore";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import {
  batch,
  CancelScope,
  debounce,
  ExceptionGroup,
  fromEvents,
  InvalidStateError,
  mapStream,
  merge,
  switchMap,
  throttle,
  toReadableStream,
} from "../src/index.js";
import { readAll } from "./read-all.js";

/** Always has another number. */
function endless(): AsyncIterableIterator<number> & { pulled: number; returned: number } {
  return {
    pulled: 0,
    returned: 0,
    next() {
      return Promise.resolve({ done: false, value: this.pulled++ });
    },
    return() {
      this.returned++;
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Runs until it is cancelled, and then fails. */
async function unwindBadly(scope: CancelScope): Promise<never> {
  await scope.sleep(Infinity).catch(() => {});
  throw new Error("cleanup");
}

function hanging(): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
}

describe("mapStream", () => {
  it("is one group with its name, from the first next() to the end (I2)", async () => {
    using parent = new CancelScope({ name: "import" });
    const seen: string[] = [];
    const results = mapStream(
      [1],
      function parse(item, scope) {
        seen.push(`${describeTree(parent)}, in which ${scope.cancelled ? "cancelled" : "live"}`);
        return item;
      },
      { limit: 1, parent, name: "rows" },
    );
    expect(describeTree(parent)).not.toContain("rows");
    expect(await readAll(results)).toEqual([1]);
    expect(seen[0]).toMatch(/mapStream "rows"/);
    expect(seen[0]).toMatch(/task "parse"/);
    expect(describeTree(parent)).not.toContain("rows");
  });

  it("rejects ahead of results that wait, also while calls unwind, and says how many (I4)", async () => {
    const clock = new VirtualClock();
    const results = mapStream(
      [0, 1, 2, 3],
      async (item, scope) => {
        if (item === 2) {
          await scope.sleep(5);
          throw new Error("2 is bad");
        }
        if (item === 3) {
          try {
            await scope.sleep(Infinity);
          } catch {
            await CancelScope.run((own) => own.sleep(10), { parent: scope, shield: true }); // it unwinds, and returns a result
          }
        }
        return item;
      },
      { limit: 4, clock, parent: null },
    );
    expect(await results.next()).toEqual({ done: false, value: 0 });
    await clock.advance(6);
    const next = results.next().catch((error: unknown) => error);
    let isSettled = false;
    void next.then(() => (isSettled = true));
    await clock.advance(5);
    expect(isSettled).toBe(false); // result 1 waits, and is not handed out any more
    await clock.advance(5);
    const error = (await next) as ExceptionGroup;
    expect(error.errors.map(String)).toEqual(["Error: 2 is bad"]);
    expect(error.message).toContain("2 results were not read"); // 1, and that of 3, which came too late
  });

  it("a pending next() rejects, although another call returns while it unwinds (I4)", async () => {
    const results = mapStream(
      [0, 1],
      async (item, scope) => {
        if (item === 0) throw new Error("0 is bad");
        await scope.sleep(Infinity).catch(() => {});
        return item;
      },
      { limit: 2 },
    );
    await expect(results.next()).rejects.toBeInstanceOf(ExceptionGroup);
  });

  it("leaving throws what fails meanwhile, and what no next() has thrown (I3, I4)", async () => {
    const results = mapStream(
      [0, 1],
      async (item, scope) => {
        if (item === 0) return item;
        return unwindBadly(scope);
      },
      { limit: 2 },
    );
    await results.next();
    await expect(results.return()).rejects.toMatchObject({ errors: [new Error("cleanup")] });
    const failed = mapStream(
      [0, 1],
      (item) => {
        if (item === 1) throw new Error("1 is bad");
        return item;
      },
      { limit: 2 },
    );
    await failed.next();
    for (let i = 0; i < 5; i++) await settled();
    await expect(failed.return()).rejects.toMatchObject({ errors: [new Error("1 is bad")] });
    expect(await failed.next()).toEqual({ done: true, value: undefined });
  });

  it("a free slot is filled before a result is yielded (I6)", async () => {
    const called: number[] = [];
    const results = mapStream(
      [0, 1, 2, 3],
      async (item, scope) => {
        called.push(item);
        await scope.checkpoint();
        return item;
      },
      { limit: 1, buffer: 1 },
    );
    await results.next();
    expect(called).toEqual([0, 1]);
    await results.return();
  });

  it("takes a semaphore as its limit, and keeps at most 16 results by default (I2, I6, M9)", async () => {
    const semaphore = new Semaphore(2);
    const source = endless();
    let most = 0;
    let running = 0;
    const results = mapStream(
      source,
      async (item, scope) => {
        most = Math.max(most, ++running);
        await scope.checkpoint();
        running--;
        return item;
      },
      { limit: semaphore },
    );
    await results.next();
    for (let i = 0; i < 60; i++) await settled();
    expect(most).toBe(2);
    expect(source.pulled).toBeLessThanOrEqual(1 + 16 + 2);
    await results.return();
    expect(semaphore.free).toBe(2);
  });

  it("await using leaves it (I1, I3)", async () => {
    const source = endless();
    {
      await using results = mapStream(source, (item) => item, { limit: 1 });
      expect(await results.next()).toEqual({ done: false, value: 0 });
    }
    expect(source.returned).toBe(1);
  });

  it("return() settles a pending next() at once, also if a call does not end (I7)", async () => {
    let end: (() => void) | undefined;
    const results = mapStream([1], () => new Promise<number>((resolve) => (end = () => resolve(1))), { limit: 1 });
    const pending = [results.next(), results.next()];
    await settled();
    const left = results.return();
    expect(await Promise.all(pending)).toEqual([1, 2].map(() => ({ done: true, value: undefined })));
    end!();
    expect(await left).toEqual({ done: true, value: undefined });
    expect(await results.return()).toEqual({ done: true, value: undefined });
  });

  it("says that the source has failed, and not a body that the caller does not have (I4, E8)", async () => {
    const failing = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("no such file")) }),
    };
    await expect(mapStream(failing, (item) => item, { limit: 1, name: "rows" }).next()).rejects.toThrow(
      'the source failed in mapStream "rows": no such file',
    );
  });

  it("several calls of next() that wait: the first gets the failure, the rest are done (I7)", async () => {
    const results = mapStream([1], () => Promise.reject(new Error("bad")), { limit: 1 });
    const steps = await Promise.allSettled([results.next(), results.next(), results.next()]);
    expect(steps.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  });

  it("reads a channel in its own scope, and leaves it open; a subscription too (I12, Q9)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 5 });
    for (const item of [1, 2, 3]) channel.trySend(item);
    for await (const item of mapStream(channel, (one) => one, { limit: 1, buffer: 1 })) {
      expect(item).toBe(1);
      break;
    }
    expect(channel.waiting).toBe(0);
    channel.trySend(4);
    const broadcast = new Broadcast<number>();
    const subscription = broadcast.subscribe(scope, { capacity: 2 });
    await broadcast.send(scope, 7);
    broadcast.close();
    expect(await readAll(mapStream(subscription, (one) => one, { limit: 1 }))).toEqual([7]);
  });
});

describe("merge", () => {
  it("a source that is always ready starves no other one (I8)", async () => {
    const slow = new Channel<string>();
    const results = merge([endless(), slow]);
    const seen: unknown[] = [];
    for await (const item of results) {
      seen.push(item);
      if (seen.length === 3) slow.trySend("slow");
      if (seen.length === 6) break;
    }
    expect(seen).toContain("slow");
  });

  it("pulls one item of each source ahead, and the next only when it was read (I8)", async () => {
    const sources = [endless(), endless()];
    const results = merge(sources);
    await results.next();
    for (let i = 0; i < 5; i++) await settled();
    expect(sources.map(({ pulled }) => pulled)).toEqual([1, 1]);
    await results.next();
    for (let i = 0; i < 5; i++) await settled();
    expect(sources.map(({ pulled }) => pulled)).toEqual([2, 2]);
    await results.return();
    expect(sources.map(({ returned }) => returned)).toEqual([1, 1]);
  });

  it("answers several calls of next() in turns, also of synchronous sources (I7, I8)", async () => {
    const results = merge([
      [1, 2, 3],
      ["a", "b", "c"],
    ]);
    const steps = await Promise.all(Array.from({ length: 7 }, () => results.next()));
    expect(steps.map(({ value }) => value)).toEqual([1, "a", 2, "b", 3, "c", undefined]);
  });

  it("hands items that were not read to undelivered when one fails, and reports all errors (I8)", async () => {
    const left: unknown[] = [];
    const failing = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("down")) }),
    };
    const stubborn = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: () => Promise.reject(new Error("cannot close")),
      }),
    };
    const results = merge([stubborn, failing, hanging()], { undelivered: (item) => left.push(item) });
    const first = await results.next().catch((error: unknown) => error);
    const second = await results.next().catch((error: unknown) => error);
    const error = [first, second].find((one) => one instanceof ExceptionGroup)!;
    expect(error.errors.map(String)).toEqual(["Error: down", "Error: cannot close"]);
  });
});

describe("batch", () => {
  it("yields what came before a failure, and then throws it (I9)", async () => {
    const source = (function* () {
      yield 1;
      yield 2;
      yield 3;
      throw new Error("down");
    })();
    const results = batch(source, { size: 2 });
    expect((await results.next()).value).toEqual([1, 2]);
    expect((await results.next()).value).toEqual([3]);
    await expect(results.next()).rejects.toThrow("down");
  });

  it("pulls at most one batch ahead (I6, I9)", async () => {
    const source = endless();
    const results = batch(source, { size: 3 });
    await results.next();
    for (let i = 0; i < 20; i++) await settled();
    expect(source.pulled).toBeLessThanOrEqual(3 + 3 + 3);
    await results.return();
  });

  it("gives the items of batches that were not read to undelivered, in order (I12)", async () => {
    const left: number[] = [];
    const results = batch(endless(), { size: 2, undelivered: (item) => left.push(item) });
    await results.next();
    for (let i = 0; i < 20; i++) await settled();
    await results.return();
    expect(left).toEqual(left.map((_, index) => index + 2));
    expect(left.length).toBeGreaterThanOrEqual(2);
  });

  it("reads 100,000 synchronous items without recursion (I9)", async () => {
    const items = Array.from({ length: 100_000 }, (_, index) => index);
    expect((await readAll(batch(items, { size: 100_000 })))[0]).toHaveLength(100_000);
    expect(await readAll(debounce(items, 10_000))).toEqual([99_999]);
    expect(await readAll(throttle(items, 1e9))).toEqual([0, 99_999]);
    expect((await readAll(switchMap(items, (item) => item))).at(-1)).toBe(99_999);
    expect(await readAll(merge([items]))).toHaveLength(100_000);
  });
});

describe("debounce, throttle and switchMap", () => {
  it("a source that always has an item does not stop timers (I9)", async () => {
    const seen: number[] = [];
    for await (const item of throttle(endless(), 5)) {
      seen.push(item);
      if (seen.length === 3) break;
    }
    expect(seen[0]).toBe(0);
    using scope = new CancelScope({ deadline: performance.now() + 20 });
    const error: unknown = await debounce(endless(), 5, { parent: scope })
      .next()
      .catch((one: unknown) => one);
    expect(error).toBe(scope.reason);
  });

  it("a failure of a call that was superseded is not lost (I9)", async () => {
    const channel = new Channel<number>({ capacity: 2 });
    const results = switchMap(channel, (_, scope) => unwindBadly(scope));
    const next = results.next();
    channel.trySend(1);
    await settled();
    channel.trySend(2);
    await expect(next).rejects.toThrow("cleanup");
  });

  it("switchMap reports what fails while it is left (I3, I9)", async () => {
    const channel = new Channel<number>({ capacity: 2 });
    const results = switchMap(channel, (_, scope) => unwindBadly(scope));
    const next = results.next();
    channel.trySend(1);
    await settled();
    await expect(results.return()).rejects.toThrow("cleanup");
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe("fromEvents", () => {
  it("keeps the events before an error event, and gives several arguments as an array (I10)", async () => {
    using scope = new CancelScope();
    const emitter = new EventEmitter();
    const events = fromEvents(scope, emitter, "data");
    emitter.emit("data", 1, 2);
    emitter.emit("data");
    emitter.emit("error", new Error("reset"));
    expect(await events.next()).toEqual({ done: false, value: [1, 2] });
    expect(await events.next()).toEqual({ done: false, value: [] });
    await expect(events.next()).rejects.toThrow("reset");
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it.each([
    ["drop-oldest", [2, 3]],
    ["drop-newest", [1, 2]],
  ] as const)("with %s drops an event at its capacity (I10, Q1)", async (overflow, expected) => {
    using scope = new CancelScope();
    const emitter = new EventEmitter();
    const events = fromEvents<number>(scope, emitter, "data", { capacity: 2, overflow, until: "end" });
    for (const event of [1, 2, 3]) emitter.emit("data", event);
    emitter.emit("end");
    expect(await readAll(events)).toEqual(expected);
  });

  it("removes its listeners when the scope is cancelled or closed, also if nothing was ever read (I1, I10)", async () => {
    for (const end of [(scope: CancelScope) => scope.cancel(), (scope: CancelScope) => scope.close()]) {
      const emitter = new EventEmitter();
      const scope = new CancelScope();
      const events = fromEvents(scope, emitter, "data", { until: "end" });
      emitter.emit("data", 1);
      end(scope);
      expect(emitter.eventNames()).toEqual([]);
      await expect(events.next()).rejects.toThrow(scope.reason === undefined ? "has ended" : scope.reason.message);
      await events.return();
    }
    const emitter = new EventEmitter();
    const events = await CancelScope.run((scope) => Promise.resolve(fromEvents(scope, emitter, "data")));
    expect(emitter.eventNames()).toEqual([]);
    expect(() => {
      events![Symbol.asyncIterator]();
      events![Symbol.asyncIterator]();
    }).toThrow(InvalidStateError);
  });
});

it("toReadableStream fails as its iterable does, and waits for the release (I11)", async () => {
  const failing = toReadableStream(mapStream([1], () => Promise.reject(new Error("bad")), { limit: 1 }));
  await expect(failing.getReader().read()).rejects.toBeInstanceOf(ExceptionGroup);
  let release: (() => void) | undefined;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false as const, value: 1 }),
      return: () =>
        new Promise<IteratorResult<number>>((resolve) => (release = () => resolve({ done: true, value: 1 }))),
    }),
  };
  const reader = toReadableStream(mapStream(source, (item) => item, { limit: 1, buffer: 1 })).getReader();
  await reader.read();
  let isCancelled = false;
  const cancelled = reader.cancel().then(() => (isCancelled = true));
  for (let i = 0; i < 5; i++) await settled();
  expect(isCancelled).toBe(false);
  release!();
  await cancelled;
});
