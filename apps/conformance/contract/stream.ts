import { Channel } from "@selvage/channel";
import {
  batch,
  CancelScope,
  debounce,
  ExceptionGroup,
  fromEvents,
  InvalidStateError,
  type ItemSource,
  LaggedError,
  mapStream,
  merge,
  switchMap,
  throttle,
  toReadableStream,
} from "@selvage/stream";
import { describeTree } from "@selvage/scope/debug";
import { VirtualClock } from "@selvage/testing";
import { assert } from "chai";
import { type Check, rejection, suite, thrown, turn } from "./harness.js";

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of results) items.push(item);
  return items;
}

/** A web stream of numbers that does not end, and how it was released. */
function webStream(): { readonly stream: ItemSource<number>; readonly end: () => readonly unknown[] } {
  let pulled = 0;
  let cancelled = 0;
  const stream = new ReadableStream<number>({
    pull: (controller) => {
      if (pulled < 3) controller.enqueue(pulled++);
      else return new Promise<void>(() => {});
      return undefined;
    },
    cancel: () => {
      cancelled++;
    },
  });
  return { stream: stream, end: () => [cancelled, stream.locked] };
}

/** The natural numbers, and how often they were pulled and released. */
class Numbers implements AsyncIterableIterator<number> {
  pulled = 0;
  returned = 0;

  next(): Promise<IteratorResult<number>> {
    return Promise.resolve({ done: false, value: this.pulled++ });
  }

  return(): Promise<IteratorResult<number>> {
    this.returned++;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const twice = async (item: number): Promise<number> => (await turn(), item * 2);

export const streams: readonly Check[] = suite("@selvage/stream", (check) => {
  check("I1", "nothing starts before the first next, and a result is iterated once", async () => {
    const source = new Numbers();
    const results = mapStream(source, twice, { limit: 1 });
    results[Symbol.asyncIterator]();
    assert.instanceOf(
      thrown(() => results[Symbol.asyncIterator]()),
      InvalidStateError,
    );
    await turn();
    assert.strictEqual(source.pulled, 0);
  });

  check("I2", "the calls are children of one group, which lives until the end; a limit is required", async () => {
    assert.instanceOf(
      thrown(() => mapStream([1], twice, {} as never)),
      TypeError,
    );
    const parent = new CancelScope();
    const lines = (): number => describeTree(parent).split("\n").length;
    const seen: number[] = [];
    const look = async (): Promise<void> => {
      await turn();
      seen.push(lines());
      await turn();
    };
    const results = mapStream([1, 2, 3], look, { limit: 3, parent });
    assert.strictEqual(lines(), 1);
    await all(results);
    assert.deepEqual([seen[0], lines()], [1 + 1 + 3, 1]); // the parent, the group and the calls
  });

  check("I3", "leaving the loop cancels what runs, waits for it, and releases the source", async () => {
    const source = new Numbers();
    let running = 0;
    const results = mapStream(
      source,
      async (item, scope) => {
        if (item === 0) return item;
        running++;
        try {
          return await scope.sleep(60_000).then(() => item);
        } finally {
          await turn();
          running--;
        }
      },
      { limit: 3 },
    );
    for await (const item of results) {
      assert.strictEqual(item, 0);
      break;
    }
    assert.deepEqual([running, source.returned], [0, 1]);
  });

  check("I4", "the first failure cancels the rest, and next rejects with all failures", async () => {
    let cut = 0;
    const a = new TypeError("a");
    const results = mapStream(
      [0, 1],
      async (item, scope) => {
        if (item === 0) throw a;
        await scope.sleep(60_000).finally(() => cut++);
      },
      { limit: 2 },
    );
    const error = (await rejection(results.next())) as ExceptionGroup;
    assert.instanceOf(error, ExceptionGroup);
    assert.deepEqual([error.errors, cut], [[a], 1]);
  });

  check("I5", "results come as they arrive, or in the order of the items", async () => {
    const late = async (item: number): Promise<number> => {
      for (let turns = 0; turns < 4 - item; turns++) await turn();
      return item;
    };
    assert.deepEqual(await all(mapStream([1, 2, 3], late, { limit: 3 })), [3, 2, 1]);
    assert.deepEqual(await all(mapStream([1, 2, 3], late, { limit: 3, ordered: true })), [1, 2, 3]);
  });

  check("I6", "at most limit and buffer items are pulled ahead", async () => {
    for (const ordered of [false, true]) {
      const source = new Numbers();
      const results = mapStream(source, twice, { limit: 3, buffer: 2, ordered });
      await results.next();
      for (let turns = 0; turns < 10; turns++) await turn();
      assert.isAtMost(source.pulled, 1 + 3 + 2);
      await results.return();
    }
  });

  check("I7", "an outer cancellation rejects next, and return settles it", async () => {
    const parent = new CancelScope();
    const hanging = (): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
    });
    const pending = mapStream(hanging(), twice, { limit: 1, parent }).next();
    await turn();
    parent.cancel();
    assert.strictEqual(await rejection(pending), parent.reason);
    const results = merge([hanging(), hanging()]);
    const next = results.next();
    await results.return();
    assert.deepEqual(await next, { done: true, value: undefined });
  });

  check("I8", "merge takes turns, and closes the rest if a source fails", async () => {
    const merged = merge([
      [1, 2, 3],
      ["a", "b"],
    ]);
    assert.deepEqual(await all(merged), [1, "a", 2, "b", 3]);
    const source = new Numbers();
    const a = new TypeError("a");
    const failing = new ReadableStream<string>({
      pull: (controller) => {
        controller.error(a);
      },
    });
    assert.strictEqual(await rejection(all(merge([source, failing]))), a);
    assert.strictEqual(source.returned, 1);
  });

  check("I9", "batch yields when it is full, when its time is up, and at the end", async () => {
    const clock = new VirtualClock();
    const channel = new Channel<number>({ capacity: 4 });
    const batches = batch(channel, { size: 2, within: 100, clock });
    for (const item of [1, 2, 3]) channel.trySend(item);
    assert.deepEqual((await batches.next()).value, [1, 2]);
    const late = batches.next();
    await clock.advance(100);
    assert.deepEqual((await late).value, [3]);
    channel.trySend(4);
    channel.close();
    assert.deepEqual(await all(batches), [[4]]);
    assert.strictEqual(clock.pending, 0);
  });

  check("I9", "debounce and throttle drop what is superseded, also with the platform's timers", async () => {
    assert.deepEqual(await all(debounce([1, 2, 3], 1)), [3]);
    assert.deepEqual(await all(throttle([1, 2, 3], 1)), [1, 3]);
  });

  check("I9", "switchMap cancels the call before, and waits for it", async () => {
    const log: string[] = [];
    const channel = new Channel<string>({ capacity: 2 });
    const found = switchMap(channel, async (text, scope) => {
      log.push(text);
      if (text === "s") await scope.sleep(60_000).finally(() => log.push("end of s"));
      return `found ${text}`;
    });
    channel.trySend("s");
    const first = found.next();
    await turn();
    channel.trySend("se");
    assert.strictEqual((await first).value, "found se");
    await found.return();
    assert.deepEqual(log, ["s", "end of s", "se"]);
  });

  check("I10", "fromEvents listens from the call, and removes its listeners at the end", async () => {
    const scope = new CancelScope();
    const target = new EventTarget();
    const events = fromEvents<Event>(scope, target, "ping", { until: "end", capacity: 2 });
    for (const name of ["ping", "ping", "end", "ping"]) target.dispatchEvent(new Event(name));
    assert.deepEqual(
      (await all(events)).map(({ type }) => type),
      ["ping", "ping"],
    );
    const slow = fromEvents<Event>(scope, target, "ping", { capacity: 1 });
    for (let count = 0; count < 2; count++) target.dispatchEvent(new Event("ping"));
    assert.instanceOf(await rejection(all(slow)), LaggedError);
    const left = fromEvents<Event>(scope, target, "ping", { overflow: "drop-oldest", capacity: 1 });
    for (let count = 0; count < 3; count++) target.dispatchEvent(new Event("ping"));
    await left.return();
    const cut = fromEvents<Event>(scope, target, "ping").next();
    scope.cancel();
    assert.strictEqual(await rejection(cut), scope.reason);
  });

  check("I11", "toReadableStream maps pull to next, and cancel to return", async () => {
    const source = new Numbers();
    const stream = toReadableStream(mapStream(source, twice, { limit: 1, buffer: 1, ordered: true }));
    await turn();
    assert.strictEqual(source.pulled, 0);
    const reader = stream.getReader();
    assert.deepEqual(await reader.read(), { done: false, value: 0 });
    await reader.cancel();
    assert.strictEqual(source.returned, 1);
    const encoder = new TextEncoder();
    const parts = mapStream(["a", "b"], (text) => encoder.encode(text), { limit: 2, ordered: true });
    assert.strictEqual(await new Response(toReadableStream(parts)).text(), "ab");
  });

  check("I12", "a web stream is cancelled once and unlocked when a loop over it is left", async () => {
    for (const read of [
      (source: ItemSource<number>) => mapStream(source, twice, { limit: 1 }),
      (source: ItemSource<number>) => mapStream(source, twice, { limit: 5, ordered: true }),
      (source: ItemSource<number>) => merge([source]),
      (source: ItemSource<number>) => batch(source, { size: 2 }),
      (source: ItemSource<number>) => debounce(source, 1),
      (source: ItemSource<number>) => switchMap(source, twice),
    ]) {
      const { stream, end } = webStream();
      let count = 0;
      for await (const item of read(stream)) {
        count += [item].length;
        break;
      }
      assert.isAbove(count, 0);
      assert.deepEqual(end(), [1, false]);
    }
  });

  check("I12", "a web stream that ends or fails is unlocked", async () => {
    const { readable, writable } = new TransformStream<number, number>();
    const writer = writable.getWriter();
    void writer.write(1).then(() => writer.close());
    assert.deepEqual(await all(merge([readable])), [1]);
    const a = new TypeError("a");
    const failing = new ReadableStream<number>({
      pull: (controller) => {
        controller.error(a);
      },
    });
    assert.strictEqual(await rejection(all(merge([failing]))), a);
    assert.deepEqual([readable.locked, failing.locked], [false, false]);
  });

  check("I12", "items that were pulled, and for which the function was not called, go to undelivered", async () => {
    const channel = new Channel<number>({ capacity: 6 });
    for (let item = 0; item < 6; item++) channel.trySend(item);
    const seen: number[] = [];
    const undelivered = (item: number): void => void seen.push(item);
    const results = mapStream(channel, (item) => seen.push(item), { limit: 1, buffer: 1, undelivered });
    await results.next();
    await results.return();
    for (let item = channel.tryReceive(); item !== undefined; item = channel.tryReceive()) seen.push(item.value);
    assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
  });
});
