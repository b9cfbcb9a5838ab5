/** Prints how many bytes streams retain for each item, whether the order is kept, and how far sources are read ahead. Run it with --expose-gc. */
import { EventEmitter } from "node:events";
import { heapUsed, nextTurn } from "@selvage/test-support/heap";
import { Channel } from "@selvage/channel";
import { batch, CancelScope, fromEvents, mapStream, merge, switchMap } from "@selvage/stream";

/** How many items each program has, half of them to warm up with. */
const ITEMS = Number(process.env["ROUNDS"] ?? 60_000);

/** Reads a stream, and returns what the second half of its items has retained, for each. */
async function measured<T>(results: AsyncIterable<T>, read: (item: T, index: number) => void): Promise<number> {
  let before = 0;
  let after = 0;
  let index = 0;
  for await (const item of results) {
    read(item, index++);
    if (index === ITEMS / 2) before = await heapUsed();
    if (index === ITEMS) {
      after = await heapUsed();
      break;
    }
    if (index % 1_000 === 0) await nextTurn();
  }
  return (after - before) / (ITEMS / 2);
}

const LIMIT = 8;
const BUFFER = 4;
const CAPACITY = 16;
const counts = { pulled: 0, sent: 0, read: 0, aheadOfChannel: 0, aheadOfReader: 0, outOfOrder: 0 };

/** An endless source of objects, 200 bytes each. */
async function* objects(): AsyncGenerator<number[]> {
  for (;;) {
    counts.aheadOfChannel = Math.max(counts.aheadOfChannel, ++counts.pulled - counts.sent);
    yield new Array<number>(16).fill(counts.pulled - 1);
  }
}

const work = async (item: number[], scope: CancelScope): Promise<number[]> => {
  if (item[0]! % 5 === 0) await scope.checkpoint();
  else if (item[0]! % 3 === 0) await Promise.resolve();
  return item;
};

/** Three stages: a stream, a channel, and a stream of the channel, all in order. */
async function threeStages(): Promise<number> {
  const scope = new CancelScope({ parent: null });
  const channel = new Channel<number[]>({ capacity: CAPACITY });
  const options = { limit: LIMIT, buffer: BUFFER, ordered: true, parent: scope };
  const first = (async () => {
    for await (const item of mapStream(objects, work, options)) {
      counts.sent++;
      await channel.send(scope, item);
    }
  })();
  const kept = await measured(mapStream(channel, work, options), (item, index) => {
    counts.read++;
    counts.aheadOfReader = Math.max(counts.aheadOfReader, counts.sent - counts.read);
    if (item[0] !== index) counts.outOfOrder++;
  });
  scope.cancel("enough");
  await first.catch(() => {});
  scope.close();
  return kept;
}

/** A source that never yields. `merge` waits for it all the time. */
const never: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
};

async function* numbers(): AsyncGenerator<number[]> {
  for (let item = 0; ; item++) yield new Array<number>(16).fill(item);
}

const emitter = new EventEmitter();
const events = new CancelScope({ parent: null });
async function* emitted(): AsyncGenerator {
  const stream = fromEvents(events, emitter, "item", { capacity: 4 });
  for (;;) {
    for (let item = 0; item < 4; item++) emitter.emit("item", new Array<number>(16).fill(item));
    for (let item = 0; item < 4; item++) yield (await stream.next()).value;
  }
}

const unread = (): void => {};
const kept = {
  threeStages: await threeStages(),
  merge: await measured(merge([never, numbers, never]), unread),
  batch: await measured(batch(numbers, { size: 1, within: 3_600_000 }), unread),
  switchMap: await measured(
    switchMap(numbers, (item) => item),
    unread,
  ),
  fromEvents: await measured(emitted(), unread),
};
events.close();
const { aheadOfChannel, aheadOfReader, outOfOrder } = counts;
console.log(JSON.stringify({ kept, ahead: [aheadOfChannel, aheadOfReader], outOfOrder }));
