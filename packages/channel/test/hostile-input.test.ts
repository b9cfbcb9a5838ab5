/** Input that callers should not pass, but some will. Each entry point says what is wrong, and nothing is lost. */
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { describe, expect, it } from "vitest";
import { Broadcast, CancelScope, Channel, ClosedError, elapsed, produce, select, Watch } from "../src/index.js";

const uncalled = (): never => expect.unreachable();

describe("options", () => {
  it.each<[string, unknown, typeof TypeError | typeof RangeError, RegExp]>([
    ["options that are no object", 7, TypeError, /^The options must be an object, got 7/],
    ["options that are null", null, TypeError, /^The options must be an object, got null/],
    ["a scope as options", new CancelScope(), TypeError, /^The options must be an object, got a CancelScope/],
    [
      "a capacity that is a text",
      { capacity: "1" },
      TypeError,
      /^capacity must be 0, a positive integer or Infinity, got "1"/,
    ],
    ["a negative capacity", { capacity: -1 }, RangeError, /^capacity must be a positive integer, got -1/],
    ["a fraction as capacity", { capacity: 1.5 }, RangeError, /^capacity must be a positive integer, got 1.5/],
    ["a capacity that is NaN", { capacity: NaN }, RangeError, /^capacity must be a positive integer, got NaN/],
    [
      "an unknown overflow",
      { overflow: "drop" },
      TypeError,
      /^overflow must be "wait" or "drop-oldest" or .*, got "drop"/,
    ],
    [
      "drop-oldest without a buffer",
      { overflow: "drop-oldest" },
      RangeError,
      /needs a capacity of at least 1 that is finite, got 0/,
    ],
    [
      "drop-newest with an endless buffer",
      { overflow: "drop-newest", capacity: Infinity },
      RangeError,
      /needs a capacity of at least 1 that is finite, got Infinity/,
    ],
    ["undelivered that is no function", { undelivered: 1 }, TypeError, /^undelivered must be a function, got 1/],
  ])("%s are refused (Q1)", (_, options, type, message) => {
    for (const make of [
      () => new Channel(options as never),
      () => new Broadcast().subscribe(new CancelScope(), options as never),
    ]) {
      expect(make).toThrow(type);
      expect(make).toThrow(message);
    }
  });

  it("a name that is no text is refused", () => {
    for (const make of [
      () => new Channel({ name: 1 as never }),
      () => new Broadcast({ name: 1 as never }),
      () => new Watch(0, { name: 1 as never }),
    ]) {
      expect(make).toThrow("name must be a string, got 1.");
    }
  });
});

describe.each([undefined, null, {}, "scope", 7])("%s as a scope", (wrong) => {
  it("throws synchronously, and nothing happens (idea 4)", () => {
    using _scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 1 });
    const broadcast = new Broadcast<number>();
    const watch = new Watch(0);
    for (const call of [
      () => channel.send(wrong as never, 1),
      () => channel.receive(wrong as never),
      () => channel.items(wrong as never),
      () => channel.sender(wrong as never),
      () => produce(wrong as never, uncalled),
      () => select(wrong as never, [elapsed(0, uncalled)]),
      () => broadcast.send(wrong as never, 1),
      () => broadcast.subscribe(wrong as never),
      () => watch.changed(wrong as never, 0),
      () => watch.until(wrong as never, uncalled),
    ]) {
      expect(call).toThrow(TypeError);
    }
    expect([channel.size, channel.waiting, broadcast.size]).toEqual([0, 0, 0]);
  });
});

describe("a scope that is cancelled or closed", () => {
  it.each(["cancel", "close"] as const)("after %s() refuses every wait (Q2)", async (end) => {
    const channel = new Channel<number>({ capacity: 1 });
    const scope = new CancelScope();
    scope[end]();
    const error = end === "cancel" ? scope.reason : ClosedError;
    const broadcast = new Broadcast<number>();
    const watch = new Watch(0);
    channel.trySend(1);
    for (const wait of [
      () => channel.send(scope, 2),
      () => channel.receive(scope),
      () => channel.items(scope).next(),
      () => select(scope, [channel.onReceive(uncalled), elapsed(0, uncalled)]),
      () => broadcast.send(scope, 1),
      () => watch.changed(scope, 5),
      () => watch.until(scope, uncalled),
    ]) {
      await expect(wait()).rejects.toThrow(error);
    }
    for (const call of [
      () => channel.sender(scope),
      () => broadcast.subscribe(scope),
      () => produce(scope, uncalled),
    ]) {
      expect(call).toThrow(error);
    }
    expect([channel.size, broadcast.size]).toEqual([1, 0]);
  });
});

describe("select", () => {
  it.each([[undefined], [[]], [{}], [[null]], [[{}]], [[() => {}]]])("refuses %o as cases (idea 4)", (cases) => {
    using scope = new CancelScope();
    expect(() => select(scope, cases as never)).toThrow(TypeError);
  });

  it("refuses functions that are none, and times that are none (idea 4)", () => {
    const channel = new Channel<number>();
    expect(() => channel.onReceive(7 as never)).toThrow(TypeError);
    expect(() => channel.onSend(1, undefined as never)).toThrow(TypeError);
    expect(() => elapsed("1" as never, uncalled)).toThrow(TypeError);
    expect(() => elapsed(NaN, uncalled)).toThrow(TypeError);
    expect(() => elapsed(1, null as never)).toThrow(TypeError);
  });

  it("rejects with what the function of a case throws, once the case is committed (Q10)", async () => {
    using scope = new CancelScope();
    const channel = new Channel<number>({ capacity: 1 });
    channel.trySend(1);
    const error = new Error("thrown");
    const selected = select(scope, [
      channel.onReceive(() => {
        throw error;
      }),
    ]);
    await expect(selected).rejects.toBe(error);
    expect(channel.size).toBe(0);
  });
});

describe("callbacks that throw", () => {
  it("an error of undelivered is reported as uncaught, and the rest goes on (Q8)", async () => {
    const error = new Error("thrown");
    const items: number[] = [];
    const channel = new Channel<number>({
      capacity: 3,
      undelivered: (item) => {
        items.push(item);
        throw error;
      },
    });
    for (const item of [1, 2, 3]) channel.trySend(item);
    const uncaught = await uncaughtDuring(() => {
      channel.abandon();
    });
    expect(items).toEqual([1, 2, 3]);
    expect(uncaught).toEqual([error, error, error]);
  });

  it("an error of a predicate rejects its own wait (Q11)", async () => {
    using scope = new CancelScope();
    const watch = new Watch(0);
    const error = new Error("thrown");
    const failing = watch.until(scope, (value) => {
      if (value === 1) throw error;
      return false;
    });
    const waiting = watch.until(scope, (value) => value === 1);
    watch.set(1);
    await expect(failing).rejects.toBe(error);
    expect(await waiting).toBe(1);
  });
});

describe("values", () => {
  it.each([[undefined], [null], [NaN], [Promise.resolve(1)], [new Error("an item")], [{ then: uncalled }]])(
    "%o is an item like any other where it is not a promise (Q2)",
    (item) => {
      const channel = new Channel<unknown>({ capacity: 1 });
      expect(channel.trySend(item)).toBe(true);
      expect(channel.tryReceive()).toEqual({ value: item });
    },
  );
});
