import { getEventListeners } from "node:events";
import { describeTree } from "@selvage/scope/debug";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  batch,
  CancelledError,
  CancelScope,
  debounce,
  ExceptionGroup,
  type ItemSource,
  mapStream,
  merge,
  type Results,
  switchMap,
  throttle,
} from "../src/index.js";
import { Outside, realSources } from "./real-sources.js";

type Read = (source: ItemSource<unknown>, parent?: CancelScope | AbortSignal) => Results<unknown>;

const itself = async (item: unknown, scope: CancelScope): Promise<unknown> => {
  await scope.checkpoint();
  return item;
};

const never = (): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
});

interface Operator {
  readonly what: string;
  readonly read: Read;
  /** Whether it reads a source that never waits to its end, whatever the reader does. */
  readonly readsAhead?: true;
}

const operators: readonly Operator[] = [
  { what: "mapStream", read: (source, parent) => mapStream(source, itself, { limit: 4, parent }) },
  { what: "mapStream, one at a time", read: (source, parent) => mapStream(source, itself, { limit: 1, parent }) },
  {
    what: "mapStream, in order",
    read: (source, parent) => mapStream(source, itself, { limit: 4, ordered: true, parent }),
  },
  { what: "merge", read: (source, parent) => merge([source], { parent }) },
  { what: "merge with a source that hangs", read: (source, parent) => merge([never(), source], { parent }) },
  { what: "batch", read: (source, parent) => batch(source, { size: 2, within: 1, parent }) },
  { what: "debounce", read: (source, parent) => debounce(source, 0, { parent }), readsAhead: true },
  { what: "throttle", read: (source, parent) => throttle(source, 1, { parent }), readsAhead: true },
  { what: "switchMap", read: (source, parent) => switchMap(source, itself, { parent }), readsAhead: true },
];

const outside = new Outside();
const sources = realSources(outside);

beforeAll(() => outside.start());

// Not waited for by the loops: the platform closes what is destroyed in one of the next turns.
afterAll(async () => {
  await outside[Symbol.asyncDispose]();
  const sockets = (): string[] => process.getActiveResourcesInfo().filter((what) => /^(TCP|FS)/.test(what));
  for (let turns = 0; turns < 1_000 && sockets().length > 0; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(sockets()).toEqual([]);
});

async function forEach(results: Results<unknown>, act: (item: unknown) => void): Promise<void> {
  for await (const item of results) act(item);
}

/** The members of groups, or the error itself. */
function leaves(error: unknown): unknown[] {
  return error instanceof ExceptionGroup ? error.errors.flatMap(leaves) : [error];
}

describe.each(operators)("$what", ({ read, readsAhead = false }) => {
  describe.each(sources)("of $what", ({ open, failure, hangs }) => {
    it("releases it when the loop is left by break (I3, I12)", async () => {
      const opened = await open(false);
      let count = 0;
      for await (const item of read(opened.source)) {
        if (item !== undefined) count++;
        break;
      }
      expect(count).toBe(1);
      await opened.released();
    });

    it("releases it when the loop is left by a throw (I3, I12)", async () => {
      const opened = await open(false);
      const error = new Error("in the loop");
      const loop = forEach(read(opened.source), () => {
        throw error;
      });
      await expect(loop).rejects.toBe(error);
      await opened.released();
    });

    it("rejects with its failure, and leaves nothing (I4, I12)", async () => {
      const opened = await open(true);
      using parent = new CancelScope({ parent: null });
      const loop = forEach(read(opened.source, parent), () => {
        opened.fail();
      });
      const error: unknown = await loop.catch((error: unknown) => error);
      expect(leaves(error).map(String)).toEqual([expect.stringMatching(failure)]);
      expect(describeTree(parent).split("\n")).toHaveLength(1);
      await opened.released();
    });

    if (hangs || !readsAhead) {
      it("releases it when a scope outside is cancelled in the loop (I3, I7, I12)", async () => {
        const opened = await open(false);
        using parent = new CancelScope({ parent: null });
        const loop = forEach(read(opened.source, parent), () => {
          parent.cancel("outside");
        });
        expect(await loop.catch((error: unknown) => error)).toBe(parent.reason);
        expect(describeTree(parent).split("\n")).toHaveLength(1);
        await opened.released();
      });

      it("releases it when a signal outside aborts in the loop, and leaves no listener on it (I3, I7, I12)", async () => {
        const opened = await open(false);
        const controller = new AbortController();
        const loop = forEach(read(opened.source, controller.signal), () => {
          controller.abort("outside");
        });
        await expect(loop).rejects.toBeInstanceOf(CancelledError);
        expect(getEventListeners(controller.signal, "abort")).toEqual([]);
        await opened.released();
      });
    }

    if (hangs) {
      it("releases it when a scope outside is cancelled while it waits (I3, I7, I12)", async () => {
        const opened = await open(false);
        using parent = new CancelScope({ parent: null });
        const loop = forEach(read(opened.source, parent), () => {
          setImmediate(() => parent.cancel("outside"));
        });
        expect(await loop.catch((error: unknown) => error)).toBe(parent.reason);
        await opened.released();
      });
    }
  });
});
