import { createReadStream, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, map, mapSettled } from "../../src/index.js";
import { errorsOf, outcomeOf } from "../outcome.js";
import { runProgram } from "@selvage/test-support/run-program";
import { uncaughtDuring } from "@selvage/test-support/uncaught";

const failing = (): Promise<never> => Promise.reject(new Error("call"));
const forever = (scope: CancelScope): Promise<void> => scope.sleep(Infinity);

/** The ways in which a map ends early, while its source waits for the next item or for room. */
const endings: [string, (items: AsyncIterable<unknown>) => Promise<unknown>][] = [
  ["a call fails", (items) => map(items, failing)],
  ["a call fails under a limit", (items) => map(items, failing, { limit: 1 })],
  [
    "an outer owner cancels",
    (items) => CancelScope.run((scope) => map(items, (_, own) => (scope.cancel(), forever(own)), { parent: scope })),
  ],
  [
    "an outer owner cancels under a limit",
    (items) =>
      CancelScope.run((scope) => map(items, (_, own) => (scope.cancel(), forever(own)), { parent: scope, limit: 1 })),
  ],
  ["its time is up", (items) => mapSettled(items, (_, own) => forever(own), { within: 5 })],
  ["its time is up under a limit", (items) => mapSettled(items, (_, own) => forever(own), { within: 5, limit: 1 })],
];

describe.each(endings)("the release of the source if %s", (_, run) => {
  it("a Node stream that stalls is destroyed (T12)", async () => {
    const stream = new PassThrough({ objectMode: true });
    stream.write("item");
    expect(await uncaughtDuring(() => outcomeOf(run(stream)))).toEqual([]);
    expect(stream.destroyed).toBe(true);
  });

  it("a Node stream of many items is destroyed (T12)", async () => {
    const stream = Readable.from(Array.from({ length: 100 }, (_, i) => i));
    expect(await uncaughtDuring(() => outcomeOf(run(stream)))).toEqual([]);
    expect(stream.destroyed).toBe(true);
  });

  it("a socket is destroyed, and its peer sees the end (T12)", async () => {
    const server = createServer((peer) => {
      peer.on("error", () => {});
      peer.write("hello");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const connected = once(server, "connection") as Promise<[Socket]>;
    const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
    const [peer] = await connected;
    const ended = new Promise((resolve) => peer.once("close", resolve)); // not events.once: the peer may see a reset first
    expect(await uncaughtDuring(() => outcomeOf(run(socket)))).toEqual([]);
    expect(socket.destroyed).toBe(true);
    peer.resume();
    await ended;
    server.close();
    await once(server, "close");
  });

  it("a web stream that stalls is cancelled once, and unlocked (T12)", async () => {
    let cancelled = 0;
    const stream = new ReadableStream({
      start: (controller) => {
        controller.enqueue("item");
      },
      cancel: () => {
        cancelled++;
      },
    });
    expect(await uncaughtDuring(() => outcomeOf(run(stream)))).toEqual([]);
    expect([cancelled, stream.locked]).toEqual([1, false]);
  });

  it("a generator that waits for its own next ends when that settles, and map does not wait for it (T12)", async () => {
    let goOn: (() => void) | undefined;
    const log: string[] = [];
    async function* items(): AsyncGenerator<number> {
      try {
        yield 1;
        await new Promise<void>((resolve) => (goOn = resolve));
        yield 2;
      } finally {
        log.push("released");
      }
    }
    await outcomeOf(run(items()));
    log.push("ended");
    goOn?.();
    await settled();
    expect(log.toSorted()).toEqual(["ended", "released"]);
  });

  it("an iterator's return is called once (T12)", async () => {
    let returns = 0;
    const items = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 1 }),
        return: async () => (returns++, { done: true, value: undefined }),
      }),
    } as AsyncIterable<number>;
    await outcomeOf(run(items));
    expect(returns).toBe(1);
  });
});

describe("a file stream", () => {
  it("a file stream that is left early leaves no open descriptor (T12)", async () => {
    const folder = await mkdtemp(join(tmpdir(), "selvage-"));
    try {
      const path = join(folder, "file");
      writeFileSync(path, "x".repeat(200_000));
      const open = (): number => readdirSync("/proc/self/fd").length;
      const before = open();
      const stream = createReadStream(path);
      const closed = once(stream, "close");
      await errorsOf(map(stream, failing));
      await closed;
      expect(open()).toBe(before);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("an iterator's return that hangs", () => {
  const hanging = (): { items: AsyncIterable<number>; log: string[] } => {
    const log: string[] = [];
    const iterator = {
      next: async () => ({ done: false, value: 1 }),
      return: () => (log.push("return"), new Promise(() => {})),
    };
    return { items: { [Symbol.asyncIterator]: () => iterator } as unknown as AsyncIterable<number>, log };
  };

  it("a hanging return is waited for after a failure until an outer owner cancels, and the failure is thrown (T12, T5)", async () => {
    const clock = new VirtualClock();
    using parent = new CancelScope({ clock, deadline: 10 });
    const { items, log } = hanging();
    let isEnded = false;
    const mapping = errorsOf(map(items, failing, { parent, limit: 1 })).finally(() => (isEnded = true));
    await clock.advance(9);
    expect([isEnded, log]).toEqual([false, ["return"]]);
    await clock.advance(1);
    expect(await mapping).toEqual([new Error("call")]);
  });

  it("a hanging return is not waited for if an outer owner has cancelled (T12)", async () => {
    using parent = new CancelScope();
    const { items, log } = hanging();
    const mapping = map(items, (_, scope) => (parent.cancel(), forever(scope)), { parent, limit: 1 });
    expect(await outcomeOf(mapping)).toEqual({ error: parent.reason });
    expect(log).toEqual(["return"]);
  });

  it("mapSettled does not wait for a hanging return beyond an outer cancellation, and keeps its results (T12, V10)", async () => {
    const clock = new VirtualClock();
    using parent = new CancelScope({ clock, deadline: 10 });
    const { items } = hanging();
    const mapping = mapSettled(items, (_, scope) => forever(scope), { parent, limit: 1, within: 5 });
    await clock.advance(10);
    expect(await mapping).toHaveLength(1);
  });

  it("mapSettled does not wait for a hanging return beyond the end of within (T12, V10)", async () => {
    const clock = new VirtualClock();
    const { items, log } = hanging();
    let results: unknown;
    const options = { clock, limit: 1, within: 20 };
    void mapSettled(items, (_, scope) => forever(scope), options).then((settled) => (results = settled));
    await clock.advance(19);
    expect([results, log]).toEqual([undefined, []]);
    await clock.advance(1);
    await settled();
    expect(results).toMatchObject([{ status: "rejected", reason: { name: "AbortError" } }]);
    expect(log).toEqual(["return"]);
  });

  it("mapSettled waits for a hanging return until the end of within if the source cancels the calls before (T12, V10)", async () => {
    const clock = new VirtualClock();
    const { items } = hanging();
    let results: unknown;
    const source = (scope: CancelScope): AsyncIterable<number> => (scope.cancel(), items);
    void mapSettled(source, failing, { clock, within: 20 }).then((settled) => (results = settled));
    await clock.advance(19);
    await settled();
    expect(results).toBeUndefined();
    await clock.advance(1);
    await settled();
    expect([results, clock.pending]).toEqual([[], 0]);
  });

  it("a hanging return that rejects after it was abandoned causes no unhandled rejection (T12)", async () => {
    const uncaught = await uncaughtDuring(async () => {
      using parent = new CancelScope();
      let fail!: (error: unknown) => void;
      const iterator = {
        next: async () => ({ done: false, value: 1 }),
        return: () => new Promise((_, reject) => (fail = reject)),
      };
      const items = { [Symbol.asyncIterator]: () => iterator } as unknown as AsyncIterable<number>;
      await outcomeOf(map(items, () => parent.cancel(), { parent, limit: 1 }));
      fail(new Error("late"));
    });
    expect(uncaught).toEqual([]);
  });
});

describe("a source that is a function of the group's scope", () => {
  it("the function makes the source, in the group's scope (T12)", async () => {
    using parent = new CancelScope();
    const scopes: CancelScope[] = [];
    const make = (scope: CancelScope): number[] => (scopes.push(scope), [1, 2]);
    expect(await map(make, (n) => n * 2, { parent })).toEqual([2, 4]);
    expect(await mapSettled(make, (n) => n * 2, { parent })).toHaveLength(2);
    expect(scopes).toHaveLength(2);
  });

  it("the function may be a generator function, whose wait ends with the group (T12)", async () => {
    let isReleased = false;
    async function* items(scope: CancelScope): AsyncGenerator<number> {
      try {
        yield 1;
        await forever(scope);
      } finally {
        isReleased = true;
      }
    }
    expect(await errorsOf(map(items, failing))).toEqual([new Error("call")]);
    expect(isReleased).toBe(true);
  });

  it("the function is not called if an outer owner has cancelled before (T12)", async () => {
    using parent = new CancelScope();
    parent.cancel();
    const make = (): never => expect.unreachable();
    expect(await outcomeOf(map(make, (n) => n, { parent }))).toEqual({ error: parent.reason });
    expect(await outcomeOf(mapSettled(make, (n) => n, { parent }))).toEqual({ error: parent.reason });
  });

  it("the function fails the group if it throws, or returns something that is not iterable (T12, T3)", async () => {
    const raise = (): never => {
      throw new Error("make");
    };
    expect(await errorsOf(map(raise, (n) => n))).toEqual([new Error("make")]);
    expect(await errorsOf(map((() => 5) as never, (n) => n))).toEqual([
      new TypeError("map() needs an iterable or an async iterable, got 5."),
    ]);
  });
});

describe("undelivered", () => {
  it("undelivered gets an item that arrives after the end, and no other (T12)", async () => {
    const items: string[] = [];
    let deliver!: (step: { done: boolean; value: string }) => void;
    const source = {
      [Symbol.asyncIterator]: () => {
        const steps = [Promise.resolve({ done: false, value: "first" })];
        return { next: () => steps.pop() ?? new Promise((resolve) => (deliver = resolve)) };
      },
    } as unknown as AsyncIterable<string>;
    await errorsOf(map(source, failing, { undelivered: (item) => items.push(item) }));
    expect(items).toEqual([]);
    deliver({ done: false, value: "late" });
    await settled();
    expect(items).toEqual(["late"]);
  });

  it("undelivered gets an item that arrived just before a cancellation (T12)", async () => {
    using parent = new CancelScope();
    const items: number[] = [];
    function* source(): Generator<number> {
      yield 1;
      parent.cancel();
      yield 2;
    }
    const seen: number[] = [];
    await outcomeOf(map(source(), (n) => seen.push(n), { parent, undelivered: (item) => items.push(item) }));
    expect([seen, items]).toEqual([[1], [2]]);
  });

  it("an error of undelivered is reported as uncaught (T12)", async () => {
    const uncaught = await uncaughtDuring(async () => {
      using parent = new CancelScope();
      const undelivered = (): never => {
        throw new Error("in undelivered");
      };
      const source = (function* () {
        parent.cancel();
        yield 1;
      })();
      await outcomeOf(map(source, () => expect.unreachable(), { parent, undelivered }));
    });
    expect(uncaught).toEqual([new Error("in undelivered")]);
  });

  it.each([null, 1, "log"])("undelivered is a TypeError if it is %o (T12)", (wrong) => {
    for (const call of [map, mapSettled]) {
      expect(() => call([1], failing, { undelivered: wrong as never })).toThrow(/^undelivered must be a function, got/);
    }
  });
});

it.each(["socket", "fetch", "next", "return"])(
  "a %s that hangs does not keep the process alive (T12)",
  async (kind) => {
    const end = await runProgram(new URL("../programs/left-early.ts", import.meta.url), `--title=${kind}`);
    expect(end).toEqual({ code: 0, stdout: "failed\ncancelled\ntimed out\n", stderr: "" });
  },
);
