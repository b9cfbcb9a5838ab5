import { EventEmitter, getEventListeners } from "node:events";
import { settled } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, ClosedError, type EventOptions, fromEvents, LaggedError, type Results } from "../src/index.js";

interface Kind {
  readonly what: string;
  readonly make: () => {
    readonly target: EventTarget | EventEmitter;
    readonly emit: (name: string, value?: unknown) => void;
    readonly listeners: () => number;
  };
}

const NAMES = ["item", "end", "error"];

/** Both kinds of targets. The value of an event of an EventTarget is its `detail`. */
const kinds: readonly Kind[] = [
  {
    what: "an EventEmitter",
    make() {
      const target = new EventEmitter();
      return {
        target,
        emit: (name, value) => target.emit(name, value),
        listeners: () => target.eventNames().length,
      };
    },
  },
  {
    what: "an EventTarget",
    make() {
      const target = new EventTarget();
      return {
        target,
        emit: (name, value) => target.dispatchEvent(Object.assign(new Event(name), { value, error: value })),
        listeners: () => NAMES.reduce((sum, name) => sum + getEventListeners(target, name).length, 0),
      };
    },
  },
];

const valueOf = (event: unknown): unknown => (event instanceof Event ? (event as { value?: unknown }).value : event);

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function valuesOf(results: Results<unknown>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const event of results) values.push(valueOf(event));
  return values;
}

describe.each(kinds)("fromEvents of $what", ({ make }) => {
  const open = (options?: EventOptions) => {
    const scope = new CancelScope({ parent: null });
    const made = make();
    return { ...made, scope, events: fromEvents(scope, made.target, "item", options) };
  };

  it("listens from the call, and not before or after (I1, I10)", async () => {
    const { events, emit, listeners } = open({ until: "end" });
    expect(listeners()).toBe(3);
    emit("item", 1);
    emit("item", 2);
    emit("end");
    expect(listeners()).toBe(0);
    emit("item", 3);
    expect(await valuesOf(events)).toEqual([1, 2]);
  });

  it("until ends it while next() waits (I10, I7)", async () => {
    const { events, emit, listeners } = open({ until: "end" });
    const steps = [events.next(), events.next()];
    emit("end");
    expect(await Promise.all(steps)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(listeners()).toBe(0);
  });

  it.each([0, 1, 5])("leaving the loop removes the listeners, with %s events unread (I3, I10)", async (unread) => {
    const { events, emit, listeners } = open();
    for (let item = 0; item <= unread; item++) emit("item", item);
    for await (const event of events) {
      expect(valueOf(event)).toBe(0);
      break;
    }
    expect(listeners()).toBe(0);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it("return() settles a pending next(), and dispose does the same (I7)", async () => {
    for (const leave of [
      (events: Results<unknown>) => events.return(),
      (events: Results<unknown>) => events[Symbol.asyncDispose](),
    ]) {
      const { events, listeners } = open();
      const pending = events.next();
      await leave(events);
      expect(await pending).toEqual({ done: true, value: undefined });
      expect(listeners()).toBe(0);
    }
  });

  it("a cancellation of the scope removes the listeners, drops what waits, and rejects next() (I7, I10)", async () => {
    const { events, emit, listeners, scope } = open();
    const pending = [events.next(), events.next()];
    emit("item", 1);
    scope.cancel("enough");
    expect(listeners()).toBe(0);
    expect(valueOf((await pending[0])!.value)).toBe(1);
    expect(await errorOf(pending[1]!)).toBe(scope.reason);
    const unread = open();
    unread.emit("item", 1);
    unread.scope.cancel("enough");
    expect(await errorOf(unread.events.next())).toBe(unread.scope.reason);
  });

  it("a signal that aborts does the same, and no listener is left on it (I7, I10)", async () => {
    const { target, emit, listeners } = make();
    const controller = new AbortController();
    const aborted = fromEvents(controller.signal, target, "item");
    const left = fromEvents(controller.signal, target, "item");
    const ended = fromEvents(controller.signal, target, "item", { until: "end" });
    emit("end");
    await left.return();
    expect(await ended.next()).toEqual({ done: true, value: undefined });
    const pending = aborted.next();
    controller.abort();
    expect(await errorOf(pending)).toMatchObject({ name: "AbortError" });
    expect(listeners()).toBe(0);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("the end of the scope removes the listeners, also if nothing was read (I1, I10)", async () => {
    const { events, emit, listeners, scope } = open();
    emit("item", 1);
    scope.close();
    expect(listeners()).toBe(0);
    expect(await errorOf(events.next())).toBeInstanceOf(ClosedError);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it("an error event removes the listeners, and rejects after the events before it (I10)", async () => {
    const { events, emit, listeners } = open();
    const error = new Error("reset");
    emit("item", 1);
    emit("error", error);
    expect(listeners()).toBe(0);
    expect(valueOf((await events.next()).value)).toBe(1);
    expect(await errorOf(events.next())).toBe(error);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it("an overflow removes the listeners, and rejects after the events that waited (I10)", async () => {
    const { events, emit, listeners } = open({ capacity: 2 });
    for (let item = 0; item < 3; item++) emit("item", item);
    expect(listeners()).toBe(0);
    expect([valueOf((await events.next()).value), valueOf((await events.next()).value)]).toEqual([0, 1]);
    expect(await errorOf(events.next())).toBeInstanceOf(LaggedError);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it.each([
    ["drop-oldest", [2, 3]],
    ["drop-newest", [0, 1]],
  ] as const)("with %s the buffer is bounded, and the stream goes on (I10)", async (overflow, kept) => {
    const { events, emit, scope } = open({ capacity: 2, overflow, until: "end" });
    for (let item = 0; item < 4; item++) emit("item", item);
    emit("end");
    expect(await valuesOf(events)).toEqual(kept);
    scope.close();
  });

  it("the default capacity is 1,000 (I10)", async () => {
    const { events, emit } = open();
    for (let item = 0; item < 1_001; item++) emit("item", item);
    let count = 0;
    const error = await errorOf(
      (async () => {
        for await (const event of events) if (event !== undefined) count++;
      })(),
    );
    expect([count, error]).toEqual([1_000, expect.any(LaggedError)]);
  });

  it("events that come while the loop runs are read in order (I5, I10)", async () => {
    const { events, emit, scope } = open({ until: "end" });
    const reading = valuesOf(events);
    for (let item = 0; item < 5; item++) {
      emit("item", item);
      if (item % 2 === 0) await settled();
    }
    emit("end");
    expect(await reading).toEqual([0, 1, 2, 3, 4]);
    scope.close();
  });

  it("a scope that is over refuses, and adds no listener (I10)", () => {
    const { target, listeners } = make();
    const scope = new CancelScope({ parent: null });
    scope.cancel();
    expect(() => fromEvents(scope, target, "item")).toThrow(scope.reason);
    const closed = new CancelScope({ parent: null });
    closed.close();
    expect(() => fromEvents(closed, target, "item")).toThrow(ClosedError);
    expect(listeners()).toBe(0);
  });
});

describe("fromEvents", () => {
  it("reads error events as items, or ends at them, if that is asked for (I10)", async () => {
    const scope = new CancelScope({ parent: null });
    const emitter = new EventEmitter();
    const errors = fromEvents(scope, emitter, "error", { until: "end" });
    emitter.emit("error", new Error("one"));
    emitter.emit("end");
    expect(await valuesOf(errors)).toEqual([new Error("one")]);
    const items = fromEvents(scope, emitter, "item", { until: "error" });
    emitter.emit("item", 1);
    emitter.emit("error", new Error("two"));
    expect(await valuesOf(items)).toEqual([1]);
    expect(emitter.eventNames()).toEqual([]);
    scope.close();
  });

  it("an event with several arguments, or none, is an array of them (I10)", async () => {
    const scope = new CancelScope({ parent: null });
    const emitter = new EventEmitter();
    const events = fromEvents(scope, emitter, "item", { until: "end" });
    emitter.emit("item", 1, "one");
    emitter.emit("item");
    emitter.emit("end");
    expect(await valuesOf(events)).toEqual([[1, "one"], []]);
    scope.close();
  });

  it("an error event that is an error with an error of its own rejects with the outer one (I10)", async () => {
    const scope = new CancelScope({ parent: null });
    const emitter = new EventEmitter();
    const events = fromEvents(scope, emitter, "item");
    const outer = Object.assign(new Error("outer"), { error: new Error("inner") }); // as a SuppressedError
    emitter.emit("error", outer);
    expect(await errorOf(events.next())).toBe(outer);
    scope.close();
  });

  it("a target that fails to add a listener leaves none (I10)", () => {
    const scope = new CancelScope({ parent: null });
    const names: string[] = [];
    const target = {
      on(name: string) {
        if (name === "end") throw new Error("no");
        names.push(name);
      },
      off(name: string) {
        names.splice(names.indexOf(name), 1);
      },
    };
    expect(() => fromEvents(scope, target, "item", { until: "end" })).toThrow("no");
    expect(names).toEqual([]);
    scope.close();
  });
});
