import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { asCompleted, CancelScope, type ItemSource, map, mapSettled } from "../../src/index.js";
import { errorsOf, outcomeOf } from "../outcome.js";
import { uncaughtDuring } from "../uncaught.js";
import { watchedSource } from "./watched-source.js";

const identity = <T>(item: T): T => item;
const forever = (_: unknown, scope: CancelScope): Promise<never> => scope.sleep(Infinity) as Promise<never>;

describe("map of a source that fails", () => {
  it.each(["sync", "async"] as const)(
    "in next (%s) cancels the calls and is listed, and is not closed (T12)",
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

  it("while a call fails is listed beside it (T12, T3)", async () => {
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
  ])("by a next that comes to %s, no object, is not closed (T12)", async (step, got) => {
    for (const kind of ["sync", "async"] as const) {
      const source = watchedSource({ items: [], next: { 0: () => step } });
      const [error] = await errorsOf(map(source[kind], identity));
      expect(error).toEqual(new TypeError(`The source's next() must return an object, got ${got}.`));
      expect(source.log).toEqual(["next"]);
    }
  });

  it.each(["done", "value"])("by a getter of %s that throws is not closed (T12)", async (key) => {
    const step = Object.defineProperty({ done: false, value: 1 }, key, {
      get() {
        throw new Error("hostile");
      },
    });
    const source = watchedSource({ items: [], next: { 0: () => step } });
    expect(await errorsOf(map(source.sync, identity))).toEqual([new Error("hostile")]);
    expect(source.log).toEqual(["next"]);
  });

  it("by next being no function, or its iterator no object, does so in the group (T12)", async () => {
    const noNext = { [Symbol.iterator]: () => ({}) } as Iterable<number>;
    expect(await errorsOf(map(noNext, identity))).toEqual([expect.any(TypeError)]);
    const noIterator = { [Symbol.asyncIterator]: () => undefined } as unknown as AsyncIterable<number>;
    expect(await errorsOf(map(noIterator, identity))).toEqual([expect.any(TypeError)]);
  });

  it("when it is opened is a failure of the group, not of the caller (T12)", async () => {
    const error = new Error("cannot open");
    const items: Iterable<number> = {
      [Symbol.iterator]() {
        throw error;
      },
    };
    expect(await errorsOf(map(items, identity))).toEqual([error]);
  });

  it("with somebody else's cancellation is a failure as any other (T12, K6)", async () => {
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

  describe.each(ways)("by %s", (_, read) => {
    it.each(streams)("and %s does not end the process (T12)", async (_, open) => {
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
