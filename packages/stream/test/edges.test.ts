/** Foreign code that runs in the middle of a stream: sources, functions, targets of events, observers. */
import { EventEmitter } from "node:events";
import { observe } from "@selvage/scope/lowlevel";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import {
  batch,
  CancelledError,
  CancelScope,
  type Clock,
  debounce,
  fromEvents,
  mapStream,
  merge,
  type Results,
  switchMap,
  throttle,
  toReadableStream,
} from "../src/index.js";

/** Waits for a turn of the event loop. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const DONE = { done: true, value: undefined };

/** What has become of a promise after all that can happen has happened: "pending", its value or its error. */
async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = "pending";
  promise.then(
    (value) => (outcome = value),
    (error: unknown) => (outcome = error),
  );
  for (let i = 0; i < 3; i++) await settled();
  return outcome;
}

/** Reads until the end, or for so many results. */
async function read(stream: Results<unknown>, atMost: number = 5): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  for (let i = 0; i < atMost; i++) outcomes.push(await outcomeOf(stream.next()));
  return outcomes;
}

const identity = <T>(item: T): T => item;

type Open = (source: unknown, options?: object) => Results<unknown>;

/** Every function over a source, with usual options. */
const functions: readonly (readonly [name: string, open: Open])[] = [
  ["mapStream", (source, options) => mapStream(source as never, identity, { limit: 2, ...options })],
  ["merge", (source, options) => merge([source] as never, options)],
  ["batch", (source, options) => batch(source as never, { size: 3, within: 5, ...options })],
  ["debounce", (source, options) => debounce(source as never, 5, options)],
  ["throttle", (source, options) => throttle(source as never, 5, options)],
  ["switchMap", (source, options) => switchMap(source as never, identity, options)],
];

/** Natural numbers. `act` is called before the second one. */
function* numbers(log: string[], act: () => void): Generator<number> {
  try {
    for (let i = 0; i < 10_000; i++) {
      if (i === 1) act();
      yield i;
    }
    log.push("not left");
  } finally {
    log.push("released");
  }
}

/** The same, from 1: `act` is called in the first step, before anything is awaited. */
async function* numbersLater(log: string[], act: () => void): AsyncGenerator<number> {
  const all = numbers(log, act);
  all.next();
  yield* all;
}

/** A source whose `next` never answers. */
function hanging(released: () => void): AsyncIterable<number> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      async return() {
        await nextTurn();
        released();
        return { done: true, value: undefined };
      },
    }),
  };
}

describe.each(functions)("%s", (_name, open) => {
  it("releases a source that leaves the loop in its next() (I3)", async () => {
    const log: string[] = [];
    const stream: Results<unknown> = open(
      numbers(log, () => {
        void stream.return();
      }),
    );
    await read(stream);
    expect(log).toEqual(["released"]);
  });

  it("releases a source that cancels the parent in its next() (I3)", async () => {
    for (const source of [numbers, numbersLater]) {
      const log: string[] = [];
      const parent = new CancelScope();
      const outcomes = await read(
        open(
          source(log, () => {
            parent.cancel();
          }),
          { parent },
        ),
      );
      expect(outcomes).toContain(parent.reason);
      expect(log).toEqual(["released"]);
    }
  });

  it("releases a source that leaves the loop in a getter of its step, once, and passes the item on (I3, I12)", async () => {
    let returned = 0;
    const undelivered: unknown[] = [];
    const next = (): object => ({
      value: 7,
      get done() {
        void stream.return();
        return false;
      },
    });
    const source = { [Symbol.iterator]: () => ({ next, return: () => ({ value: returned++ }) }) };
    const stream: Results<unknown> = open(source, { undelivered: (item: unknown) => undelivered.push(item) });
    expect(await outcomeOf(stream.next())).toEqual(DONE);
    await stream.return();
    expect([returned, undelivered]).toEqual([1, [7]]);
  });

  it("releases a source that leaves the loop while it is opened, and waits for that (I3)", async () => {
    let released = 0;
    let leaving: Promise<unknown> | undefined;
    const stream: Results<unknown> = open(() => {
      leaving = stream.return().then(() => released);
      return hanging(() => released++);
    });
    expect(await outcomeOf(stream.next())).toEqual(DONE);
    expect(await outcomeOf(leaving!)).toBe(1);
  });

  it("a source that calls next() while it is opened is read (I7)", async () => {
    let second: Promise<unknown> | undefined;
    const stream: Results<unknown> = open(() => {
      second ??= stream.next();
      return [1];
    });
    expect(await outcomeOf(stream.next())).toMatchObject({ done: false });
    expect(await outcomeOf(second!)).toEqual(DONE);
  });

  it("an observer that leaves the loop as it begins ends it (I3)", async () => {
    let pulled = 0;
    const next = async (): Promise<IteratorResult<number>> => {
      await nextTurn();
      return { done: false, value: ++pulled };
    };
    const stream = open({ [Symbol.asyncIterator]: () => ({ next }) });
    let leaving: Promise<unknown> | undefined;
    {
      using _ = observe({
        opened() {
          leaving ??= stream.return();
        },
      });
      expect(await outcomeOf(stream.next())).toEqual(DONE);
    }
    expect(await outcomeOf(leaving!)).toEqual(DONE);
    expect(pulled).toBe(0);
  });

  it("takes one step of each next(), whatever its promise is (I4)", async () => {
    const twice = Promise.resolve({ done: false, value: 1 });
    void Object.assign(twice, {
      then(ok: (step: unknown) => void) {
        ok({ done: false, value: 1 });
        ok({ done: false, value: 2 });
      },
    });
    const steps = [twice, Promise.resolve({ done: true, value: undefined })];
    const results: unknown[] = [];
    for await (const result of open({ [Symbol.asyncIterator]: () => ({ next: () => steps.shift() }) })) {
      results.push(result);
    }
    expect(results.flat()).toEqual([1]);
  });

  it("fails where the promise of a step cannot be awaited (I4)", async () => {
    const step = Promise.resolve({ done: false, value: 1 });
    void Object.defineProperty(step, "constructor", {
      get() {
        throw new Error("no constructor");
      },
    });
    const stream = open({ [Symbol.asyncIterator]: () => ({ next: () => step }) });
    expect(String(await outcomeOf(stream.next()))).toMatch("no constructor");
  });
});

it("return() in undelivered waits for the release too (I3)", async () => {
  let released = 0;
  let leaving: Promise<unknown> | undefined;
  async function* slow(): AsyncGenerator<number> {
    try {
      yield 2;
    } finally {
      await nextTurn();
      released++;
    }
  }
  const failing: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        await nextTurn();
        throw new Error("the source failed");
      },
    }),
  };
  const stream: Results<number> = merge([[1], slow(), failing], {
    undelivered() {
      leaving ??= stream.return().catch((error: unknown) => [released, String(error)]);
    },
  });
  await stream.next();
  await settled();
  expect(await outcomeOf(leaving!)).toEqual([1, "Error: the source failed"]);
});

describe("mapStream", () => {
  it("return() in a call that has just begun waits for the call (I3)", async () => {
    let hasEnded = false;
    let leaving: Promise<unknown> | undefined;
    const stream: Results<void> = mapStream(
      [1],
      async () => {
        leaving = stream.return().then(() => hasEnded);
        await nextTurn();
        hasEnded = true;
      },
      { limit: 1 },
    );
    expect(await outcomeOf(stream.next())).toEqual(DONE);
    expect(await outcomeOf(leaving!)).toBe(true);
  });
});

describe("switchMap", () => {
  it("return() in a call that has just begun waits for the call (I3)", async () => {
    let hasEnded = false;
    let leaving: Promise<unknown> | undefined;
    const stream: Results<void> = switchMap([1], async () => {
      leaving = stream.return().then(() => hasEnded);
      await nextTurn();
      hasEnded = true;
    });
    expect(await outcomeOf(stream.next())).toEqual(DONE);
    expect(await outcomeOf(leaving!)).toBe(true);
  });

  it("waits for a call that cancels the parent as it begins (I3)", async () => {
    const parent = new CancelScope();
    let hasEnded = false;
    const stream = switchMap(
      [1],
      async () => {
        parent.cancel();
        await nextTurn();
        hasEnded = true;
      },
      { parent },
    );
    await expect(stream.next()).rejects.toBe(parent.reason);
    expect(hasEnded).toBe(true);
  });

  it("makes one call at a time, also where a call or an observer asks for the next result (I9)", async () => {
    let running = 0;
    let most = 0;
    let asked = 0;
    const results: unknown[] = [];
    const undelivered: number[] = [];
    const stream: Results<number> = switchMap(
      [1, 2, 3, 4],
      async (item, scope) => {
        most = Math.max(most, ++running);
        if (asked++ < 3) void stream.next();
        try {
          await scope.sleep(0);
        } finally {
          running--;
        }
        results.push(item);
        return item;
      },
      { undelivered: (item) => undelivered.push(item) },
    );
    using _ = observe({
      opened() {
        if (asked++ < 3) void stream.next();
      },
    });
    await stream.next();
    await stream.return();
    expect([most, running]).toEqual([1, 0]);
    expect(results).toContain(4);
  });

  it("an observer that leaves the loop as a call begins: the item goes to undelivered (I12)", async () => {
    const called: number[] = [];
    const undelivered: number[] = [];
    const stream = switchMap([1], (item) => called.push(item), { undelivered: (item) => undelivered.push(item) });
    let opened = 0;
    using _ = observe({
      opened() {
        if (++opened === 2) void stream.return();
      },
    });
    expect(await outcomeOf(stream.next())).toEqual(DONE);
    expect([called, undelivered]).toEqual([[], [1]]);
  });
});

describe("debounce and throttle", () => {
  it("leave no timer where undelivered leaves the loop (I3, I9)", async () => {
    for (const rate of [debounce, throttle]) {
      const inner = new VirtualClock();
      const timers = new Set<unknown>();
      const clock: Clock = {
        now: () => inner.now(),
        setTimer(fn, ms) {
          const timer = inner.setTimer(fn, ms);
          timers.add(timer);
          return timer;
        },
        clearTimer(timer) {
          timers.delete(timer);
          inner.clearTimer(timer);
        },
      };
      const stream: Results<number> = rate([1, 2, 3], 5, { clock, undelivered: () => void stream.return() });
      await stream.next();
      await stream.return();
      expect(timers.size).toBe(0);
    }
  });
});

describe("merge", () => {
  it("a source that is always ready does not stop timers, nor starve a source that needs one (I8)", async () => {
    async function* later(): AsyncGenerator<string> {
      await nextTurn();
      yield "later";
    }
    let count = 0;
    for await (const item of merge([numbers([], () => {}), numbers([], () => {}), later()])) {
      if (item === "later") break;
      count++;
    }
    expect(count).toBeLessThan(10_000);
  });

  it("ends 50,000 sources in linear time (I8)", async () => {
    let sum = 0;
    for await (const item of merge(Array.from({ length: 50_000 }, () => [1]))) sum += item;
    expect(sum).toBe(50_000);
  });
});

describe("fromEvents", () => {
  it("a scope that is cancelled while listeners are added ends it, and none is left (I10)", async () => {
    const scope = new CancelScope();
    const emitter = new EventEmitter();
    const cancel = (): void => {
      scope.cancel();
    };
    emitter.on("newListener", cancel);
    const stream = fromEvents(scope, emitter, "item");
    emitter.off("newListener", cancel);
    expect(emitter.eventNames()).toEqual([]);
    expect(await outcomeOf(stream.next())).toBeInstanceOf(CancelledError);
  });

  it.each(["item", "error", "end"])(
    "a target that emits as the listener for %s is added keeps none (I10)",
    async (at) => {
      const added = new Map<string, (event: unknown) => void>();
      const target = {
        on(name: string, listener: (event: unknown) => void) {
          added.set(name, listener);
          if (name !== at) return;
          for (const each of [...added.values()]) for (const event of [1, 2]) each(event);
        },
        off(name: string) {
          added.delete(name);
        },
      };
      using scope = new CancelScope();
      const stream = fromEvents(scope, target, "item", { until: "end", capacity: 1 });
      expect(added.size).toBe(0);
      expect(await outcomeOf(stream.next())).toEqual({ done: false, value: 1 });
      expect(await outcomeOf(stream.next())).toMatchObject({ name: "LaggedError" });
    },
  );

  it("a target that throws in off() does not stop a cancellation (I10)", async () => {
    const scope = new CancelScope();
    const off = (name: string): void => {
      throw new Error(`off ${name}`);
    };
    const next = outcomeOf(fromEvents(scope, { on() {}, off }, "item").next());
    const other = outcomeOf(scope.sleep(Infinity));
    const uncaught = await uncaughtDuring(() => {
      scope.cancel();
    });
    expect([await next, await other]).toEqual([scope.reason, scope.reason]);
    expect(uncaught.map(String)).toEqual(["Error: off item", "Error: off error"]);
  });

  it("return() rejects with what off() throws, and settles a pending next() (I7, I10)", async () => {
    using scope = new CancelScope();
    const off = (name: string): void => {
      throw new Error(`off ${name}`);
    };
    const one = fromEvents(scope, { on() {}, off }, "error");
    const next = outcomeOf(one.next());
    await expect(one.return()).rejects.toThrow("off error");
    expect(await next).toEqual(DONE);
    const two = fromEvents(scope, { on() {}, off }, "item");
    await expect(two.return()).rejects.toMatchObject({ errors: [{ message: "off item" }, { message: "off error" }] });
  });
});

it("cancel() of a readable stream before the first read calls return() (I11)", async () => {
  using scope = new CancelScope();
  const emitter = new EventEmitter();
  await toReadableStream(fromEvents(scope, emitter, "item")).cancel();
  expect(emitter.eventNames()).toEqual([]);
});

describe("options that are read while mapStream begins", () => {
  it("a getter that leaves the loop, in a closed parent, does not make return() hang (I3)", async () => {
    const parent = new CancelScope({ parent: null });
    parent.close();
    let hasBegun = false;
    let left: Promise<unknown> | undefined;
    const results: Results<number> = mapStream([1], (item) => item, {
      limit: 1,
      get parent() {
        if (hasBegun) left ??= results.return();
        return parent;
      },
    });
    hasBegun = true;
    await results.next().catch(() => {});
    expect(await outcomeOf(left!)).toEqual(DONE);
  });
});
