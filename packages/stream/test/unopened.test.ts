import { createReadStream } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import {
  batch,
  CancelScope,
  debounce,
  ExceptionGroup,
  type ItemSource,
  mapStream,
  merge,
  type Results,
  switchMap,
} from "../src/index.js";

const reads: readonly (readonly [string, (source: ItemSource<unknown>, parent?: CancelScope) => Results<unknown>])[] = [
  ["mapStream", (source, parent) => mapStream(source, (item) => item, { limit: 2, parent })],
  ["merge", (source, parent) => merge([source], { parent })],
  ["batch", (source, parent) => batch(source, { size: 1, parent })],
  ["debounce", (source, parent) => debounce(source, 1, { parent })],
  ["switchMap", (source, parent) => switchMap(source, (item) => item, { parent })],
];

function bare(error: unknown): unknown {
  return error instanceof ExceptionGroup && error.errors.length === 1 ? error.errors[0] : error;
}

async function failureOf(results: Results<unknown>): Promise<unknown> {
  const error: unknown = await results.next().then(
    () => "a value",
    (error: unknown) => error,
  );
  expect(await results.next()).toEqual({ done: true, value: undefined });
  return bare(error);
}

describe.each(reads)("%s of a source that cannot be read", (_, read) => {
  it("a web stream that is locked is a failure, and stays locked by its owner (I12)", async () => {
    const stream = new ReadableStream();
    const reader = stream.getReader();
    expect(String(await failureOf(read(stream as unknown as ItemSource<unknown>)))).toMatch(/locked/);
    expect(stream.locked).toBe(true);
    await reader.cancel();
  });

  it("a file that does not exist is a failure, and nothing is uncaught (I12)", async () => {
    const stream = createReadStream("/nonexistent");
    expect(await failureOf(read(stream))).toMatchObject({ code: "ENOENT" });
    expect(stream.destroyed).toBe(true);
  });

  it("a Node stream that was destroyed before is a failure (I12)", async () => {
    const stream = new PassThrough();
    stream.destroy();
    expect(await failureOf(read(stream))).toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
  });

  it("a Node stream whose destruction fails later has no uncaught error (I3, I12)", async () => {
    const stream = new Readable({
      objectMode: true,
      read() {
        this.push(1);
      },
      destroy(_error, callBack) {
        setImmediate(callBack, new Error("close"));
      },
    });
    const closed = new Promise((resolve) => stream.once("close", resolve));
    const results = read(stream.take(5));
    await results.next();
    await results.return().catch(() => {});
    stream.destroy();
    stream.on("error", () => {});
    await closed;
  });

  it("a function that throws, or makes no source, is a failure (I12)", async () => {
    const error = new Error("no");
    const throwing = (): never => {
      throw error;
    };
    expect(await failureOf(read(throwing))).toBe(error);
    expect(await failureOf(read((() => 5) as never))).toBeInstanceOf(TypeError);
  });

  it("a source is not read if the parent is cancelled before (I1, I7)", async () => {
    let pulled = 0;
    const next = (): Promise<IteratorReturnResult<undefined>> => {
      pulled++;
      return Promise.resolve({ done: true, value: undefined });
    };
    using parent = new CancelScope({ parent: null });
    const results = read({ [Symbol.asyncIterator]: () => ({ next }) }, parent);
    parent.cancel();
    expect(await failureOf(results)).toBe(parent.reason);
    expect(pulled).toBe(0);
  });

  it("a source that has ended already has no items (I12)", async () => {
    const ended = [1][Symbol.iterator]();
    ended.next();
    expect(await read(ended as unknown as ItemSource<unknown>).next()).toEqual({ done: true, value: undefined });
    const stream = Readable.from([]);
    stream.resume();
    await new Promise((resolve) => stream.once("close", resolve));
    expect(await read(stream).next()).toEqual({ done: true, value: undefined });
  });
});

describe("merge", () => {
  it("releases the sources that are open if another one cannot be opened (I8)", async () => {
    const log: string[] = [];
    const source = (name: string): AsyncIterable<number> => ({
      [Symbol.asyncIterator]() {
        log.push(`open ${name}`);
        return {
          next: () => new Promise<never>(() => {}),
          return: () => (log.push(`return ${name}`), Promise.resolve({ done: true as const, value: undefined })),
        };
      },
    });
    const locked = new ReadableStream<number>();
    locked.getReader();
    const merged = merge([source("a"), locked as unknown as ItemSource<number>, source("b")]);
    await expect(merged.next()).rejects.toThrow(/locked/);
    expect(log).toEqual(["open a", "return a"]);
  });

  it("several failures at the end are a group (I8)", async () => {
    const failing = (error: Error): AsyncIterable<number> => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: () => Promise.reject(error),
      }),
    });
    const errors = [new Error("one"), new Error("two")];
    const merged = merge(errors.map(failing));
    await merged.next();
    await merged.next();
    await merged.next();
    const error: unknown = await merged.return().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ExceptionGroup);
    expect((error as ExceptionGroup).errors).toEqual(errors);
  });
});

it("await using leaves a stream (I1, I3)", async () => {
  let returned = 0;
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false, value: 1 }),
      return: () => (returned++, Promise.resolve({ done: true as const, value: undefined })),
    }),
  };
  {
    await using results = mapStream(source, (item) => item, { limit: 2 });
    expect((await results.next()).value).toBe(1);
  }
  expect(returned).toBe(1);
});
