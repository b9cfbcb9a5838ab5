/** Input that callers should not pass, but some will. Each entry point says what is wrong, or handles it correctly, and loses nothing. */
import { type Clock } from "@selvage/scope";
import { observe } from "@selvage/scope/lowlevel";
import { hostileThenables } from "@selvage/test-support/hostile-thenables";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { settled, VirtualClock } from "@selvage/testing";
import { mistakenOptions } from "@selvage/test-support/mistaken-options";
import { describe, expect, it } from "vitest";
import { CancelScope, Flights, type FlightsOptions } from "../src/index.js";
import { Loads } from "./loads.js";

describe("hostile input", () => {
  it.each<[string, FlightsOptions<string>, typeof TypeError | typeof RangeError, string]>([
    ["options", 7 as never, TypeError, "The options must be an object, got 7."],
    [
      "parent",
      { parent: {} as never },
      TypeError,
      'The option "parent" must be a CancelScope or an AbortSignal, got an object.',
    ],
    ["linger", { linger: "1" as never }, TypeError, 'linger must be a number, got "1".'],
    ["a negative linger", { linger: -1 }, RangeError, "linger must be at least 0, got -1."],
    ["ttl without max", { ttl: 10 }, TypeError, "ttl needs max: the number of keys for which values are kept at most."],
    ["ttl", { ttl: NaN, max: 1 }, TypeError, "ttl must be a number, got NaN."],
    ["max", { ttl: 1, max: 0 }, RangeError, "max must be a positive integer, got 0."],
    ["a fraction as max", { ttl: 1, max: 1.5 }, RangeError, "max must be a positive integer, got 1.5."],
    ["onError", { onError: 1 as never }, TypeError, "onError must be a function, got 1."],
    ["name", { name: 1 as never }, TypeError, "A name must be a string, got 1."],
    [
      "clock",
      { clock: {} as never },
      TypeError,
      'The option "clock" must be a Clock (now, setTimer, clearTimer), got an object.',
    ],
  ])("the constructor throws for a wrong %s (F5)", (_, options, type, message) => {
    expect(() => new Flights(options)).toThrow(expect.objectContaining({ message, constructor: type }) as Error);
  });

  it("get throws synchronously for a wrong scope or function, and starts nothing (F6)", () => {
    const flights = new Flights<string, unknown>();
    using scope = new CancelScope();
    const message = "A wait needs the CancelScope or AbortSignal of the code that waits, got";
    for (const [wrong, got] of [
      [undefined, "undefined"],
      [null, "null"],
      [{}, "an object"],
      ["a", '"a"'],
    ] as const) {
      expect(() => void flights.get(wrong as never, "a", () => 1)).toThrow(new TypeError(`${message} ${got}.`));
    }
    expect(() => void flights.get(scope, "a", 1 as never)).toThrow(
      "The function of a flight must be a function, got 1.",
    );
    expect(flights.size).toBe(0);
  });

  it.each(hostileThenables)("a flight whose thenable %s settles once (F1)", async (_, make, outcome) => {
    await using flights = new Flights<string, unknown>();
    using scope = new CancelScope();
    const all = [1, 2].map(() => flights.get(scope, "a", make));
    const expected =
      "value" in outcome
        ? { status: "fulfilled", value: outcome.value }
        : { status: "rejected", reason: outcome.error };
    expect(await Promise.allSettled(all)).toEqual([expected, expected]);
  });

  it("a handler of failures that throws or rejects is reported as uncaught, and the next flight works (F8)", async () => {
    const handlers: (() => unknown)[] = [() => raise("thrown"), () => Promise.reject(new Error("rejected"))];
    for (const onError of handlers as (() => void)[]) {
      const uncaught = await uncaughtDuring(async () => {
        const loads = new Loads();
        await using flights = new Flights<string, unknown>({ onError });
        const scope = new CancelScope();
        const left = flights.get(scope, "a", loads.fn);
        scope.cancel();
        loads.fail("a", new Error("in cleanup"));
        await expect(left).rejects.toBe(scope.reason);
        using next = new CancelScope();
        expect(await flights.get(next, "a", () => 1)).toBe(1);
      });
      expect(uncaught.map(String)).toEqual([expect.stringMatching(/^Error: (thrown|rejected)$/)]);
    }
  });

  it("the function has no this, and its own error is passed on unchanged, whatever it is (F1)", async () => {
    await using flights = new Flights<string, unknown>();
    using scope = new CancelScope();
    let own: unknown = "not called";
    const load = function (this: unknown): number {
      own = this;
      return 1;
    };
    await flights.get(scope, "a", load);
    expect(own).toBeUndefined();
    for (const thrown of [undefined, null, NaN, Symbol("thrown"), Object.freeze(new Error("frozen"))]) {
      const [outcome] = await Promise.allSettled([flights.get(scope, "a", () => Promise.reject(thrown as Error))]);
      expect(outcome).toEqual({ status: "rejected", reason: thrown });
    }
  });

  it("a caller that leaves while its flight begins does not break it (F3, F4)", async () => {
    await using flights = new Flights<string, unknown>({ onError() {} });
    const scope = new CancelScope();
    const wait = flights.get(scope, "a", async (_, own) => {
      scope.cancel("while it begins");
      expect(own.cancelled).toBe(true);
      await own.sleep(60_000);
    });
    await expect(wait).rejects.toBe(scope.reason);
    using next = new CancelScope();
    expect(await flights.get(next, "a", () => 2)).toBe(2);
  });

  it("a listener that asks again while the flight is cancelled gets a new flight (F4)", async () => {
    const loads = new Loads();
    await using flights = new Flights<string, unknown>();
    const scope = new CancelScope();
    using other = new CancelScope();
    const left = flights.get(scope, "a", loads.fn);
    let again: Promise<unknown> | undefined;
    loads.scope("a").onCancel(() => {
      again = flights.get(other, "a", loads.fn);
    });
    scope.cancel();
    loads.fail("a", loads.scope("a").reason);
    await expect(left).rejects.toBe(scope.reason);
    await settled();
    loads.end("a", "new");
    expect(await again).toBe("new");
  });

  it.each(["now", "setTimer", "clearTimer"] as const)(
    "a clock whose %s throws when a caller leaves, comes or gets its value fails at most that call (C1, F3, F5)",
    async (member) => {
      let isBroken = false;
      const inner = new VirtualClock();
      const call = (name: string): void => {
        if (isBroken && name === member) raise("broken");
      };
      const clock: Clock = {
        now: () => (call("now"), inner.now()),
        setTimer: (callback, delay) => (call("setTimer"), inner.setTimer(callback, delay)),
        clearTimer: (timer) => {
          call("clearTimer");
          inner.clearTimer(timer);
        },
      };
      const loads = new Loads();
      const flights = new Flights<string, unknown>({ clock, linger: 10, ttl: 10, max: 1, onError() {} });
      using staying = new CancelScope();
      const landing = flights.get(staying, "a", loads.fn);
      const leaving = new CancelScope();
      const left = [flights.get(leaving, "b", loads.fn), flights.get(leaving, "c", loads.fn)];
      isBroken = true;
      loads.end("a", 1);
      expect(await landing).toBe(1);
      leaving.cancel();
      for (const each of left) await expect(each).rejects.toBe(leaving.reason);
      const [next] = await Promise.allSettled([flights.get(AbortSignal.timeout(1), "b", loads.fn)]);
      expect(next.status).toBe("rejected");
      isBroken = false;
      for (const key of ["b", "c"]) {
        if (loads.isPending(key)) loads.fail(key, new Error("ends late"));
        if (loads.isPending(key)) loads.fail(key, new Error("ends late"));
      }
      await settled();
      expect(await flights.get(staying, "d", () => 2)).toBe(2);
      await flights[Symbol.asyncDispose]();
    },
  );

  it.each(["fulfilled", "rejected"])(
    "an observer that cancels the next caller while the callers of a flight that is %s get their answer leaves nobody waiting (F1, N2)",
    async (status) => {
      const loads = new Loads();
      await using flights = new Flights<string, unknown>();
      const first = new AbortController(); // its wait has a scope of its own, which closes
      const second = new CancelScope();
      using third = new CancelScope();
      const waits = [first.signal, second, third].map((scope) => flights.get(scope, "a", loads.fn));
      const registration = observe({
        closed: (scope) => {
          if (scope !== loads.scope("a")) second.cancel("by the observer");
        },
      });
      try {
        if (status === "fulfilled") loads.end("a", 1);
        else loads.fail("a", 1);
        const outcomes = await Promise.allSettled(waits);
        const answer = status === "fulfilled" ? { status, value: 1 } : { status, reason: 1 };
        expect([outcomes[0], outcomes[1]?.status, outcomes[2]]).toEqual([answer, "rejected", answer]);
      } finally {
        registration[Symbol.dispose]();
      }
    },
  );

  it("a clock that throws fails one call, and the flights go on (C1, F5)", async () => {
    let isBroken = false;
    const inner = new VirtualClock();
    const clock: Clock = {
      now: () => (isBroken ? raise("no time") : inner.now()),
      setTimer: (callback, delay) => inner.setTimer(callback, delay),
      clearTimer: (timer) => {
        inner.clearTimer(timer);
      },
    };
    const flights = new Flights<string, unknown>({ clock, ttl: 10, max: 1 });
    using scope = new CancelScope();
    isBroken = true;
    await expect(flights.get(scope, "a", () => 1)).rejects.toThrow("no time");
    isBroken = false;
    expect(await flights.get(scope, "a", () => 2)).toBe(2);
    await flights[Symbol.asyncDispose]();
  });
});

function raise(message: string): never {
  throw new Error(message);
}

describe("a scope or a signal in place of options", () => {
  const entries: readonly (readonly [string, (options: never) => unknown])[] = [
    ["new Flights", (options) => new Flights(options)],
  ];
  describe.each(entries)("%s", (_, call) => {
    it.each(mistakenOptions(new CancelScope()))("%s is an error, not ignored", (_, options, message) => {
      expect(() => call(options)).toThrow(new TypeError(message));
    });
  });
});
