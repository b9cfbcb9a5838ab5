/** Input that callers should not pass, but some will. Each entry point says what is wrong, and nothing is lost. */
import { EventEmitter } from "node:events";
import { mistakenOptions } from "@selvage/test-support/mistaken-options";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import {
  batch,
  CancelledError,
  CancelScope,
  type Clock,
  ClosedError,
  debounce,
  fromEvents,
  mapStream,
  merge,
  type Results,
  switchMap,
  throttle,
  toReadableStream,
} from "../src/index.js";

const identity = <T>(item: T): T => item;

/** Every function over a source, with usual options. */
const functions: readonly (readonly [name: string, open: (source: never, options?: object) => Results<unknown>])[] = [
  ["mapStream", (source, options) => mapStream(source, identity, { limit: 1, ...options })],
  ["merge", (source, options) => merge([source], options)],
  ["batch", (source, options) => batch(source, { size: 1, within: 5, ...options })],
  ["debounce", (source, options) => debounce(source, 5, options)],
  ["throttle", (source, options) => throttle(source, 5, options)],
  ["switchMap", (source, options) => switchMap(source, identity, options)],
];

/** The same, with the options as they are. */
const withOptions: readonly (readonly [name: string, open: (options: never) => unknown])[] = [
  ["mapStream", (options) => mapStream([1], identity, options)],
  ["merge", (options) => merge([[1]], options)],
  ["batch", (options) => batch([1], options)],
  ["debounce", (options) => debounce([1], 5, options)],
  ["throttle", (options) => throttle([1], 5, options)],
  ["switchMap", (options) => switchMap([1], identity, options)],
];

describe.each(functions)("%s", (name, open) => {
  it.each([undefined, null, 7, {}, Symbol("source"), new Date(0)])("refuses %s as a source (I12, idea 4)", (source) => {
    expect(() => open(source as never)).toThrow(TypeError);
    expect(() => open(source as never)).toThrow(`${name}() needs an iterable or an async iterable, got `);
  });

  it("refuses undelivered that is no function, and a parent that is no scope (idea 4)", () => {
    expect(() => open([] as never, { undelivered: 1 })).toThrow("undelivered must be a function, got 1.");
    expect(() => open([] as never, { parent: 1 })).toThrow(
      'The option "parent" must be a CancelScope or an AbortSignal, got 1.',
    );
    expect(() => open([] as never, { clock: 1 })).toThrow(TypeError);
  });

  it("begins nothing in a cancelled parent, and rejects with its reason (I7)", async () => {
    const parent = new CancelScope();
    parent.cancel();
    let calls = 0;
    const source = (): never[] => {
      calls++;
      return [];
    };
    const results = open(source as never, { parent });
    await expect(results.next()).rejects.toBe(parent.reason);
    expect(await results.next()).toEqual({ done: true, value: undefined });
    expect(calls).toBe(0);
  });

  it("rejects in a closed parent (I1)", async () => {
    const parent = new CancelScope();
    parent.close();
    const results = open([1] as never, { parent });
    await expect(results.next()).rejects.toThrow(ClosedError);
    await results.return();
  });

  it("passes on whatever a source throws, once: also undefined (I4)", async () => {
    for (const error of [undefined, null, 0, new Error("x")]) {
      const results = open((() => {
        throw error;
      }) as never);
      const thrown = await results.next().then(unreachable, (one: unknown) => ({ one }));
      if (name === "mapStream") expect((thrown.one as AggregateError).errors).toEqual([error]);
      else expect(thrown.one).toBe(error);
      expect(await results.next()).toEqual({ done: true, value: undefined });
    }
  });

  it.each<[string, object]>([
    ["next() that throws", { next: fail }],
    ["next() that rejects", { next: () => Promise.reject(new Error("broken")) }],
    ["next() that returns no object", { next: () => Promise.resolve(7) }],
    [
      "a step whose done throws",
      {
        next: () =>
          Promise.resolve({
            get done() {
              return fail();
            },
          }),
      },
    ],
    ["a thenable that throws", { next: () => ({ then: fail }) }],
  ])("fails for an iterator with %s, and does not release it (I3)", async (_, iterator) => {
    let returned = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({ ...iterator, return: () => Promise.resolve({ done: true, value: returned++ }) }),
    };
    const uncaught = await uncaughtDuring(async () => {
      const results = open(source as never);
      await expect(results.next()).rejects.toThrow();
      await results.return();
    });
    expect([returned, uncaught]).toEqual([0, []]);
  });

  it("reports what return() of a source throws when the loop is left (I3)", async () => {
    const error = new Error("cannot close");
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: () => Promise.reject(error),
      }),
    };
    const clock = new VirtualClock();
    const results = open(source as never, { clock });
    const first = results.next();
    if (name !== "debounce") await first;
    const left = results.return().then(unreachable, (one: unknown) => one);
    const thrown = await left;
    if (name === "mapStream") expect((thrown as AggregateError).errors).toEqual([error]);
    else if (name !== "debounce") expect(thrown).toBe(error); // debounce is always pulling: the release is not waited for
    await first;
    expect(clock.pending).toBe(0);
  });

  it("a return() that hangs is abandoned when the parent is cancelled (I3)", async () => {
    using parent = new CancelScope();
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: () => new Promise(() => {}),
      }),
    };
    const results = open(source as never, { parent, clock: new VirtualClock() });
    const first = results.next();
    if (name !== "debounce") await first;
    const left = results.return().then(
      () => "left",
      (error: unknown) => error,
    );
    await settled();
    parent.cancel();
    expect(["left", parent.reason]).toContain(await left);
  });

  it("an error of undelivered is reported as uncaught, and changes nothing else (I12)", async () => {
    const uncaught = await uncaughtDuring(async () => {
      let arrive: (step: unknown) => void = () => {};
      const source = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise((resolve) => (arrive = resolve)) }),
      };
      const results = open(source as never, { undelivered: fail });
      const pending = results.next();
      await settled();
      await results.return();
      expect(await pending).toEqual({ done: true, value: undefined });
      arrive({ done: false, value: 1 });
      await settled();
    });
    expect(uncaught.map(String)).toEqual(["Error: broken"]);
  });

  it("fails where its clock throws, and is released (C1)", async () => {
    const error = new Error("clock");
    const real = new VirtualClock();
    const clock: Clock = {
      now: () => {
        throw error;
      },
      setTimer: (fn, delay) => real.setTimer(fn, delay),
      clearTimer: (timer) => {
        real.clearTimer(timer);
      },
    };
    const source = {
      returned: 0,
      [Symbol.asyncIterator]() {
        return {
          next: () => Promise.resolve({ done: false, value: 1 }),
          return: () => Promise.resolve({ done: true, value: this.returned++ }),
        };
      },
    };
    const results = open(source as never, { clock });
    const first = await results.next().catch((one: unknown) => one);
    const second = await results.next().catch((one: unknown) => one);
    const seen = [first, second].flatMap((one) => (one instanceof AggregateError ? (one.errors as unknown[]) : [one]));
    if (["batch", "debounce", "throttle"].includes(name)) expect(seen).toContain(error);
    await results.return().catch(() => {});
  });
});

const unreachable = (): never => expect.unreachable();

function fail(): never {
  throw new Error("broken");
}

describe.each(withOptions)("the options of %s", (_, open) => {
  it.each(mistakenOptions(new CancelScope()))("%s is an error, not ignored", (_what, options, message) => {
    expect(() => open(options)).toThrow(TypeError);
    expect(() => open(options)).toThrow(message);
  });

  it.each([null, 7, "x"])("%s is refused", (options) => {
    expect(() => open(options as never)).toThrow(/^The options/);
  });
});

describe("arguments", () => {
  it.each<[string, () => unknown, typeof TypeError | typeof RangeError, string]>([
    ["no options of mapStream", () => mapStream([], identity, undefined as never), TypeError, "an object with a limit"],
    ["no limit", () => mapStream([], identity, {} as never), TypeError, "A limit must be a positive integer"],
    [
      "a limit of 0",
      () => mapStream([], identity, { limit: 0 }).next(),
      RangeError,
      "limit must be a positive integer",
    ],
    ["a limit that is a text", () => mapStream([], identity, { limit: "2" as never }), TypeError, 'got "2"'],
    ["a buffer of 0", () => mapStream([], identity, { limit: 1, buffer: 0 }), RangeError, "buffer must be"],
    ["ordered: 1", () => mapStream([], identity, { limit: 1, ordered: 1 as never }), TypeError, "ordered must be"],
    ["no function", () => mapStream([], undefined as never, { limit: 1 }), TypeError, "must be a function"],
    ["no function of switchMap", () => switchMap([], 1 as never), TypeError, "must be a function"],
    ["sources of merge that are no array", () => merge(new Set() as never), TypeError, "must be an array"],
    ["no options of batch", () => batch([], undefined as never), TypeError, "an object with a size"],
    ["a size of 0", () => batch([], { size: 0 }), RangeError, "size must be a positive integer"],
    ["a negative within", () => batch([], { size: 1, within: -1 }), RangeError, "within must be"],
    ["within NaN", () => batch([], { size: 1, within: NaN }), TypeError, "within must be"],
    ["a negative time", () => debounce([], -1), RangeError, "ms must be"],
    ["a time that is a text", () => throttle([], "5" as never), TypeError, "ms must be"],
    ["toReadableStream of a number", () => toReadableStream(7 as never), TypeError, "must be an iterable"],
  ])("%s is refused synchronously (idea 4)", (_, call, type, message) => {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });
});

describe("fromEvents", () => {
  const emitter = new EventEmitter();
  it.each<[string, () => unknown, typeof TypeError | typeof RangeError, string]>([
    ["no scope", () => fromEvents(undefined as never, emitter, "x"), TypeError, "A wait needs the CancelScope"],
    ["a target without listeners", () => fromEvents(new CancelScope(), {} as never, "x"), TypeError, "an EventEmitter"],
    [
      "a name that is a number",
      () => fromEvents(new CancelScope(), emitter, 1 as never),
      TypeError,
      "must be a string",
    ],
    [
      "overflow: wait",
      () => fromEvents(new CancelScope(), emitter, "x", { overflow: "wait" as never }),
      TypeError,
      "wait",
    ],
    [
      "a capacity of 0",
      () => fromEvents(new CancelScope(), emitter, "x", { capacity: 0 }),
      RangeError,
      "capacity must",
    ],
    [
      "an endless capacity",
      () => fromEvents(new CancelScope(), emitter, "x", { capacity: Infinity }),
      RangeError,
      "capacity",
    ],
    ["until: 1", () => fromEvents(new CancelScope(), emitter, "x", { until: 1 as never }), TypeError, "until must be"],
    [
      "a scope as options",
      () => fromEvents(new CancelScope(), emitter, "x", new CancelScope() as never),
      TypeError,
      "options",
    ],
  ])("%s is refused, and nothing listens (I10, idea 4)", (_, call, type, message) => {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
    expect(emitter.eventNames()).toEqual([]);
  });

  it("in a cancelled or closed scope throws, and nothing listens (I10)", () => {
    const cancelled = new CancelScope();
    cancelled.cancel();
    expect(() => fromEvents(cancelled, emitter, "x")).toThrow(CancelledError);
    expect(() => fromEvents(AbortSignal.abort(), emitter, "x")).toThrow();
    const closed = new CancelScope();
    closed.close();
    expect(() => fromEvents(closed, emitter, "x")).toThrow(ClosedError);
    expect(emitter.eventNames()).toEqual([]);
  });

  it("a target that throws in on() leaves no listener behind (I10)", () => {
    const half = new EventEmitter();
    const on = half.on.bind(half);
    half.on = ((name: string, listener: () => void) => {
      if (name === "error") throw new Error("no more");
      return on(name, listener);
    }) as never;
    expect(() => fromEvents(new CancelScope(), half, "x")).toThrow("no more");
    expect(half.eventNames()).toEqual([]);
  });
});
