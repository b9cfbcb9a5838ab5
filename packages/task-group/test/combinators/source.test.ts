import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { asCompleted, CancelScope, type ItemSource, map, mapSettled } from "../../src/index.js";
import { errorsOf, outcomeOf } from "../outcome.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { watchedSource } from "./watched-source.js";

const identity = <T>(item: T): T => item;
const forever = (_: unknown, scope: CancelScope): Promise<never> => scope.sleep(Infinity) as Promise<never>;

describe("map with a source that fails", () => {
  it.each(["sync", "async"] as const)(
    "an error in next (%s) cancels the calls and is listed, and the source is not closed (T12)",
    async (kind) => {
      const error = new Error("no more");
      const source = watchedSource({
        items: [1],
        next: {
          1: () => {
            throw error;
          },
        },
      });
      let unwound = false;
      const run = map(source[kind], (n, scope) => forever(n, scope).finally(() => (unwound = true)));
      expect(await errorsOf(run)).toEqual([error]);
      expect(unwound).toBe(true);
      expect(source.log).toEqual(["next", "next"]);
    },
  );

  it("a web stream that fails is unlocked (T12)", async () => {
    const error = new Error("no more");
    const stream = new ReadableStream({
      pull: (controller) => {
        controller.error(error);
      },
    });
    expect(await errorsOf(map(stream, identity))).toEqual([error]);
    expect(stream.locked).toBe(false);
  });

  it("a web stream that fails and cannot be unlocked has one error, that of its failure (T12)", async () => {
    const error = new Error("no more");
    const reader = {
      read: () => Promise.reject(error),
      cancel: () => {},
      releaseLock: () => {
        throw new Error("locked");
      },
    };
    expect(await errorsOf(map({ getReader: () => reader } as never, identity))).toEqual([error]);
  });

  it("an error of the source while a call fails is listed beside it (T12, T3)", async () => {
    const source = watchedSource({
      items: [1],
      next: { 1: () => new Promise((_, reject) => setImmediate(() => reject(new Error("source")))) },
    });
    const run = map(source.async, async (_, scope) => {
      await scope.sleep(Infinity).catch(() => {});
      throw new Error("call");
    });
    expect(await errorsOf(run)).toEqual([new Error("source"), new Error("call")]);
  });

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [5, "5"],
    ["text", '"text"'],
  ])("a next that returns %s, which is not an object, does not close the source (T12)", async (step, got) => {
    for (const kind of ["sync", "async"] as const) {
      const source = watchedSource({ items: [], next: { 0: () => step } });
      const [error] = await errorsOf(map(source[kind], identity));
      expect(error).toEqual(new TypeError(`The source's next() must return an object, got ${got}.`));
      expect(source.log).toEqual(["next"]);
    }
  });

  it.each(["done", "value"])("a getter of %s that throws does not close the source (T12)", async (key) => {
    const step = Object.defineProperty({ done: false, value: 1 }, key, {
      get() {
        throw new Error("hostile");
      },
    });
    const source = watchedSource({ items: [], next: { 0: () => step } });
    expect(await errorsOf(map(source.sync, identity))).toEqual([new Error("hostile")]);
    expect(source.log).toEqual(["next"]);
  });

  it("a next that is not a function, or an iterator that is not an object, fails in the group (T12)", async () => {
    const noNext = { [Symbol.iterator]: () => ({}) } as Iterable<number>;
    expect(await errorsOf(map(noNext, identity))).toEqual([expect.any(TypeError)]);
    const noIterator = { [Symbol.asyncIterator]: () => undefined } as unknown as AsyncIterable<number>;
    expect(await errorsOf(map(noIterator, identity))).toEqual([expect.any(TypeError)]);
  });

  it("an error while the source is opened is a failure of the group, not of the caller (T12)", async () => {
    const error = new Error("cannot open");
    const items: Iterable<number> = {
      [Symbol.iterator]() {
        throw error;
      },
    };
    expect(await errorsOf(map(items, identity))).toEqual([error]);
  });

  it("a source's foreign cancellation is a failure like any other (T12, K6)", async () => {
    const other = new CancelScope();
    other.cancel();
    const source = watchedSource({ items: [], next: { 0: () => other.checkpoint() } });
    expect(await errorsOf(map(source.async, identity))).toEqual([other.reason]);
    expect(source.log).toEqual(["next"]);
  });
});

describe("a Node stream that is destroyed before it was read", () => {
  type Read = (items: ItemSource<unknown>, parent: CancelScope) => Promise<unknown>;
  const ways: [string, Read][] = [
    ["map", (items, parent) => map(items, identity, { parent })],
    ["mapSettled", (items, parent) => mapSettled(items, identity, { parent })],
    ["asCompleted", async (items, parent) => asCompleted(items, identity, { parent })[Symbol.asyncIterator]().next()],
  ];
  const streams: [string, () => Readable][] = [
    ["cannot be opened", () => createReadStream("/nonexistent")],
    ["cannot be closed", () => new Readable({ destroy: (_, callBack) => setImmediate(callBack, new Error("close")) })],
  ];

  describe.each(ways)("as the source of %s", (_, read) => {
    it.each(streams)("a stream that %s does not end the process (T12)", async (_, open) => {
      const uncaught = await uncaughtDuring(async () => {
        for (const cancelsFirst of [true, false]) {
          using parent = new CancelScope();
          const stream = open();
          const closed = new Promise((resolve) => {
            stream.on("close", resolve); // not events.once: it listens to errors
            process.once("uncaughtException", resolve);
          });
          if (cancelsFirst) parent.cancel();
          const source = cancelsFirst ? stream : () => (parent.cancel(), stream);
          expect(await outcomeOf(read(source, parent))).toEqual({ error: parent.reason });
          await closed;
        }
      });
      expect(uncaught).toEqual([]);
    });
  });
});

describe("a source that is left early, and whose release fails in one step", () => {
  const failing = (): Promise<never> => Promise.reject(new Error("call"));

  /** Has items without end, and records which methods are called. */
  function source(
    parts: Record<string, () => unknown>,
    next?: () => unknown,
  ): { items: AsyncIterable<number>; log: string[] } {
    const log: string[] = [];
    const logged = (name: string): Record<string, () => unknown> => ({
      [name]: () => (log.push(name), parts[name]?.()),
    });
    const iterator = { next: next ?? (async () => ({ done: false, value: 1 })), ...logged("return") };
    return { items: { ...logged("destroy"), [Symbol.asyncIterator]: () => iterator } as never, log };
  }

  const raise = (name: string) => (): never => {
    throw new Error(name);
  };
  const reject = (name: string) => () => Promise.reject(new Error(name));

  it.each([
    ["throws", raise],
    ["rejects", reject],
  ])("return is called although destroy %s, and map fails with the error of destroy (T12)", async (_, fail) => {
    const { items, log } = source({ destroy: fail("destroy") });
    expect(await errorsOf(map(items, failing, { limit: 1 }))).toEqual([new Error("call"), new Error("destroy")]);
    expect(log).toEqual(["destroy", "return"]);
  });

  it("map fails with both errors if destroy and return fail (T12, T3)", async () => {
    for (const fail of [raise, reject]) {
      const { items } = source({ destroy: raise("destroy"), return: fail("return") });
      const uncaught = await uncaughtDuring(async () => {
        const [call, both] = await errorsOf(map(items, failing, { limit: 1 }));
        expect(call).toEqual(new Error("call"));
        expect((both as AggregateError).errors).toEqual([new Error("destroy"), new Error("return")]);
      });
      expect(uncaught).toEqual([]);
    }
  });

  it("return is called although destroy throws while an item is awaited (T12)", async () => {
    const uncaught = await uncaughtDuring(async () => {
      using parent = new CancelScope();
      const { items, log } = source(
        { destroy: raise("destroy"), return: reject("abandoned") },
        () => new Promise(() => {}),
      );
      const mapping = errorsOf(map(items, identity, { parent }));
      parent.cancel();
      expect(await mapping).toEqual([new Error("destroy")]);
      expect(log).toEqual(["destroy", "return"]);
    });
    expect(uncaught).toEqual([]);
  });

  it("map does not wait for a source that destroy returns, although it is a thenable (T12)", async () => {
    const { items, log } = source({ destroy: () => items });
    Object.assign(items, { then: () => expect.unreachable() });
    expect(await errorsOf(map(items, failing, { limit: 1 }))).toEqual([new Error("call")]);
    expect(log).toEqual(["destroy", "return"]);
  });

  it.each([
    ["throws", raise],
    ["rejects", reject],
  ])("a web stream is unlocked although its cancellation %s (T12)", async (_, fail) => {
    const log: string[] = [];
    const reader = {
      read: async () => ({ done: false, value: 1 }),
      cancel: () => (log.push("cancel"), fail("cancel")()),
      releaseLock: () => log.push("releaseLock"),
    };
    const items = { getReader: () => reader } as never;
    expect(await errorsOf(map(items, failing, { limit: 1 }))).toEqual([new Error("call"), new Error("cancel")]);
    expect(log).toEqual(["cancel", "releaseLock"]);
  });

  it("map loses no error if a web stream cannot be unlocked (T12)", async () => {
    const reader = {
      read: async () => ({ done: false, value: 1 }),
      cancel: reject("cancel"),
      releaseLock: raise("releaseLock"),
    };
    const items = { getReader: () => reader } as never;
    const uncaught = await uncaughtDuring(async () => {
      const [, both] = await errorsOf(map(items, failing, { limit: 1 }));
      expect((both as AggregateError).errors).toEqual([new Error("releaseLock"), new Error("cancel")]);
    });
    expect(uncaught).toEqual([]);
  });
});
