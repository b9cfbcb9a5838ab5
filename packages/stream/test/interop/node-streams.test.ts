import { PassThrough, Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeWebStream } from "node:stream/web";
import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { batch, CancelScope, mapStream, merge, type Results, toReadableStream } from "../../src/index.js";

const twice = async (item: number, scope: CancelScope): Promise<number> => {
  await scope.checkpoint();
  return item * 2;
};

/** A source of the natural numbers, and what happened to it. */
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

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** As `Readable.fromWeb` wants it. */
const asNodes = (stream: ReadableStream<unknown>): NodeWebStream => stream as unknown as NodeWebStream;

describe("a Node stream of a stream function", () => {
  const ways: readonly (readonly [string, (results: Results<number>) => Readable])[] = [
    ["Readable.from", (results) => Readable.from(results)],
    ["Readable.fromWeb", (results) => Readable.fromWeb(asNodes(toReadableStream(results)), { objectMode: true })],
  ];

  it.each(ways)("%s has all results (I5, I11)", async (_, make) => {
    const results = mapStream([1, 2, 3], twice, { limit: 2, ordered: true });
    expect(await make(results).toArray()).toEqual([2, 4, 6]);
  });

  it.each(ways)("%s, if it is destroyed, releases the source (I3, I11)", async (_, make) => {
    const source = new Numbers();
    let running = 0;
    const forever = async (item: number, scope: CancelScope): Promise<number> => {
      if (item < 2) return item;
      running++;
      try {
        return await scope.race(new Promise<never>(() => {}));
      } finally {
        running--;
      }
    };
    const stream = make(mapStream(source, forever, { limit: 3 }));
    const closed = new Promise((resolve) => stream.once("close", resolve));
    await new Promise((resolve) => stream.once("data", resolve));
    while (running < 3) await settled();
    stream.destroy();
    await closed;
    while (running > 0) await settled(); // fromWeb does not wait for its source
    expect([running, source.returned]).toEqual([0, 1]);
  });

  it.each(ways)("%s passes back-pressure on (I6)", async (_, make) => {
    const source = new Numbers();
    const stream = make(mapStream(source, twice, { limit: 2, buffer: 2, ordered: true }));
    const slow: number[] = [];
    let goOn: (() => void) | undefined;
    const sink = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(item: number, _encoding, callBack) {
        slow.push(item);
        goOn = callBack;
      },
    });
    const writing = pipeline(stream, sink);
    for (let i = 0; i < 100; i++) await settled();
    expect(slow).toEqual([0]);
    // What the sink has, what the stream has buffered, and what was pulled ahead.
    const most = sink.writableLength + stream.readableLength + 1 + 2 + 2 + 2;
    expect(source.pulled).toBeLessThanOrEqual(most);
    for (let i = 0; i < 10; i++) {
      goOn!();
      await settled();
    }
    expect(source.pulled).toBeLessThanOrEqual(most + 10);
    stream.destroy(new Error("enough"));
    await expect(writing).rejects.toThrow("enough");
    while (source.returned === 0) await settled();
  });

  it.each(ways)("%s fails if a call fails, and the pipeline with it (I4, I11)", async (_, make) => {
    const source = new Numbers();
    const failing = async (item: number): Promise<number> => {
      if (item === 3) throw new Error("3 is bad");
      return item;
    };
    const stream = make(mapStream(source, failing, { limit: 2 }));
    const sink = new PassThrough({ objectMode: true });
    sink.resume();
    const error = await errorOf(pipeline(stream, sink));
    expect((error as AggregateError).errors).toEqual([new Error("3 is bad")]);
    expect([stream.destroyed, sink.destroyed, source.returned]).toEqual([true, true, 1]);
  });
});

describe("a pipeline", () => {
  it("has a stream function as its source and in the middle (I5, I12)", async () => {
    const lines: string[] = [];
    await pipeline(
      mapStream([1, 2, 3], twice, { limit: 3, ordered: true }),
      (source: AsyncIterable<number>) => batch(source, { size: 2 }),
      async (source: AsyncIterable<number[]>) => {
        for await (const items of source) lines.push(items.join());
      },
    );
    expect(lines).toEqual(["2,4", "6"]);
  });

  it("a signal that aborts ends the stream function, and releases its source (I3)", async () => {
    const source = new Numbers();
    const controller = new AbortController();
    const sink = new Writable({
      objectMode: true,
      write(item, _encoding, callBack) {
        if (item === 4) controller.abort();
        setImmediate(callBack);
      },
    });
    const writing = pipeline(mapStream(source, twice, { limit: 2, ordered: true }), sink, {
      signal: controller.signal,
    });
    expect(await errorOf(writing)).toMatchObject({ name: "AbortError" });
    while (source.returned === 0) await settled();
    expect(source.returned).toBe(1);
  });

  it("a Transform that fails in front of a stream function is the error of both (I4, I12)", async () => {
    const broken = new Transform({
      objectMode: true,
      transform(item, _encoding, callBack) {
        callBack(item === 2 ? new Error("broken") : null, item);
      },
    });
    const source = Readable.from([0, 1, 2, 3]);
    const reading = pipeline(
      source,
      broken,
      (items: AsyncIterable<number>) => mapStream(items, twice, { limit: 1 }),
      async (items: AsyncIterable<number>) => {
        for await (const item of items) if (item > 2) throw new Error("not read");
      },
    );
    // The pipeline's own error: the stream that failed is the first to report.
    expect(await errorOf(reading)).toMatchObject({ message: "broken" });
    expect([source.destroyed, broken.destroyed]).toEqual([true, true]);
  });

  it("several Node streams are merged, and all are destroyed when one fails (I8, I12)", async () => {
    const streams = [new PassThrough({ objectMode: true }), new PassThrough({ objectMode: true })] as const;
    const merged = merge(streams);
    streams[0].write("a");
    streams[1].write("b");
    expect([(await merged.next()).value, (await merged.next()).value].toSorted()).toEqual(["a", "b"]);
    streams[1].destroy(new Error("lost"));
    await expect(merged.next()).rejects.toThrow("lost");
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });
});

describe("a web stream of a stream function", () => {
  it("is piped through a web TransformStream into a WritableStream, one item at a time (I11)", async () => {
    const source = new Numbers();
    const written: string[] = [];
    const controller = new AbortController();
    const piping = toReadableStream(mapStream(source, twice, { limit: 1, buffer: 1, ordered: true }))
      .pipeThrough(
        new TransformStream<number, string>({
          transform: (item, own) => {
            own.enqueue(String(item));
          },
        }),
      )
      .pipeTo(
        new WritableStream<string>({
          async write(item) {
            written.push(item);
            await settled();
            if (written.length === 5) controller.abort(new Error("enough"));
          },
        }),
        { signal: controller.signal },
      );
    await expect(piping).rejects.toThrow("enough");
    expect(written).toEqual(["0", "2", "4", "6", "8"]);
    expect(source.pulled).toBeLessThanOrEqual(5 + 2 + 3); // and what the streams between hold
    while (source.returned === 0) await settled();
    expect(source.returned).toBe(1);
  });

  it("is read by for await, and leaving that releases the source (I3, I11)", async () => {
    const source = new Numbers();
    const stream = toReadableStream(mapStream(source, twice, { limit: 2 }));
    for await (const item of stream as unknown as AsyncIterable<number>) if (item >= 4) break;
    expect(source.returned).toBe(1);
  });

  it("is the body of a Response (I11)", async () => {
    const encoder = new TextEncoder();
    const parts = mapStream(["a", "b", "c"], (text) => encoder.encode(text), { limit: 3, ordered: true });
    expect(await new Response(toReadableStream(parts)).text()).toBe("abc");
  });

  it("cancel during a pending read settles that, and waits for the source (I7, I11)", async () => {
    const log: string[] = [];
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: (): Promise<IteratorReturnResult<undefined>> => {
          log.push("return");
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    const reader = toReadableStream(mapStream(source, twice, { limit: 1 })).getReader();
    const pending = reader.read();
    await settled();
    await reader.cancel("enough");
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(log).toEqual(["return"]);
  });

  it("fails with the failure of a call, after which its source is released (I4, I11)", async () => {
    const source = new Numbers();
    const failing = (item: number): number => {
      if (item === 1) throw new Error("bad");
      return item;
    };
    const reader = toReadableStream(mapStream(source, failing, { limit: 1, buffer: 1, ordered: true })).getReader();
    let error: unknown;
    while (error === undefined) error = await errorOf(reader.read());
    expect((error as AggregateError).errors).toEqual([new Error("bad")]);
    expect(source.returned).toBe(1);
  });
});
