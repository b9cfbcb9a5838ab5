import { mistakenOptions } from "@selvage/test-support/mistaken-options";
import { describe, expect, it } from "vitest";
import {
  Breaker,
  type BreakerOptions,
  type BreakerTrigger,
  CancelScope,
  every,
  type EveryOptions,
  hedge,
  HedgeBudget,
  type HedgeOptions,
  retry,
  type RetryOptions,
} from "../src/index.js";
import { errorOf, thrownBy } from "./helpers.js";

const uncalled = (): never => expect.unreachable();
const promise = (): Promise<boolean> => Promise.resolve(true);

/** An option, its wrong values, and the error. */
type Wrong = readonly [option: string, values: readonly unknown[], error: new () => Error, message: RegExp];

const ofRetry: readonly Wrong[] = [
  ["attempts", ["3", null, true, {}], TypeError, /^attempts must be a positive integer, got /],
  ["attempts", [0, -1, 1.5, NaN, -Infinity], RangeError, /^attempts must be a positive integer, got /],
  ["timeout", ["5", null, NaN, 5n], TypeError, /^timeout must be a number of milliseconds, got /],
  ["attemptTimeout", ["5", null, NaN], TypeError, /^attemptTimeout must be a number of milliseconds/],
  ["backoff", [null, 5, "linear", () => 1], TypeError, /^backoff must be an object, got /],
  ["backoff", [{ initial: "1" }, { initial: NaN }], TypeError, /^backoff\.initial must be a number/],
  ["backoff", [{ initial: -1 }], RangeError, /^backoff\.initial must be at least 0, got -1/],
  ["backoff", [{ factor: 0.5 }], RangeError, /^backoff\.factor must be at least 1/],
  ["backoff", [{ max: -1 }], RangeError, /^backoff\.max must be at least 0/],
  ["backoff", [{ jitter: 1 }, { jitter: "full" }], TypeError, /^backoff\.jitter must be a boolean or a function/],
  ["retryIf", [true, null, "yes"], TypeError, /^retryIf must be a function, got /],
  ["delayFor", [5, null], TypeError, /^delayFor must be a function, got /],
  ["onRetry", [{}, null], TypeError, /^onRetry must be a function, got /],
  ["name", [5, null, Symbol("n")], TypeError, /^name must be a string, got /],
  ["clock", [5, null, { now: () => 0 }], TypeError, /^The option "clock" must be a Clock/],
  ["parent", [5, {}, "scope"], TypeError, /^The option "parent" must be a CancelScope or an AbortSignal/],
];

const ofEvery: readonly Wrong[] = [
  ["overlap", [null, "wait", 1], TypeError, /^overlap must be "skip", "queue" or "cancel", got /],
  ["immediately", [null, 1, "yes"], TypeError, /^immediately must be a boolean, got /],
  ["clock", [5, null], TypeError, /^The option "clock" must be a Clock/],
  ["parent", [5, {}], TypeError, /^The option "parent" must be a CancelScope or an AbortSignal/],
];

const ofHedge: readonly Wrong[] = [
  ["after", [undefined, null, "5", NaN], TypeError, /^after must be a number, got /],
  ["after", [-1, -Infinity], RangeError, /^after must be at least 0/],
  ["max", ["2", null], TypeError, /^max must be a positive integer/],
  ["max", [0, 1.5, NaN, -Infinity], RangeError, /^max must be a positive integer/],
  ["budget", [null, 0.1, {}, { share: 1 }], TypeError, /^budget must be a HedgeBudget, got /],
  ["discarded", [null, {}], TypeError, /^discarded must be a function/],
  ["clock", [5, null], TypeError, /^The option "clock" must be a Clock/],
  ["parent", [5, {}], TypeError, /^The option "parent" must be a CancelScope or an AbortSignal/],
];

const ofBreaker: readonly Wrong[] = [
  ["resetAfter", [undefined, null, "5", NaN], TypeError, /^resetAfter must be a number/],
  ["resetAfter", [-1], RangeError, /^resetAfter must be at least 0/],
  ["probes", ["2", null], TypeError, /^probes must be a positive integer/],
  ["probes", [0, 1.5, Infinity], RangeError, /^probes must be a positive integer/],
  ["isFailure", [true, null], TypeError, /^isFailure must be a function/],
  ["onStateChange", [true, null], TypeError, /^onStateChange must be a function/],
  ["name", [5, null], TypeError, /^name must be a string, got /],
  ["clock", [5, null], TypeError, /^The option "clock" must be a Clock/],
];

const ofRate: readonly Wrong[] = [
  ["rate", [undefined, "1", NaN], TypeError, /^rate must be a number/],
  ["rate", [-0.1], RangeError, /^rate must be at least 0/],
  ["rate", [1, 50], RangeError, /^rate must be below 1/],
  ["window", [undefined, "1", NaN], TypeError, /^window must be a number/],
  ["window", [0, 0.5, -1, Number.MIN_VALUE], RangeError, /^window must be at least 1/],
  ["window", [Infinity], RangeError, /^window must be finite/],
  ["minimum", [undefined, "1"], TypeError, /^minimum must be a positive integer/],
  ["minimum", [0, 1.5, NaN], RangeError, /^minimum must be a positive integer/],
];

function refuses(wrong: readonly Wrong[], call: (options: never) => unknown): void {
  it.each(wrong)("refuses a wrong %s synchronously (idea 4)", (option, values, kind, message) => {
    for (const value of values) {
      const error = thrownBy(() => call({ [option]: value } as never));
      expect(error).toBeInstanceOf(kind);
      expect(error.message).toMatch(message);
    }
  });
}

describe("retry", () => {
  refuses(ofRetry, (options: RetryOptions) => retry(uncalled, options));

  it("refuses a function that is none, and options that are none (idea 4)", () => {
    expect(() => retry(null as never)).toThrow("The function to retry must be a function, got null.");
    expect(() => retry(uncalled, null as never)).toThrow("The options must be an object, got null.");
    expect(() => retry(uncalled, 3 as never)).toThrow("The options must be an object, got 3.");
  });

  it("a wrong result of a callback rejects, and says which (B5, B6)", async () => {
    const fail = (): Promise<never> => Promise.reject(new Error("no"));
    for (const [options, message] of [
      [{ delayFor: () => "5" }, 'The result of delayFor must be a number of milliseconds, got "5".'],
      [{ delayFor: () => NaN }, "The result of delayFor must be a number of milliseconds, got NaN."],
      [{ delayFor: () => null }, "The result of delayFor must be a number of milliseconds, got null."],
      [{ delayFor: async () => 5 }, "The result of delayFor must be a number of milliseconds, got an object."],
      [{ retryIf: promise }, "The result of retryIf must be a boolean, not a promise, got an object."],
      [{ backoff: { jitter: () => 2 } }, "backoff.jitter must return a number from 0 to 1, got 2."],
      [{ backoff: { jitter: () => "1" } }, 'backoff.jitter must return a number from 0 to 1, got "1".'],
    ] as unknown as [RetryOptions, string][]) {
      expect((await errorOf(retry(fail, options))).message).toBe(message);
    }
  });

  it("an option whose getter throws fails the call with that error (idea 4)", () => {
    const options = Object.defineProperty({}, "attempts", {
      get: () => {
        throw new Error("hostile");
      },
    });
    expect(() => retry(uncalled, options)).toThrow("hostile");
  });
});

describe("every", () => {
  refuses(ofEvery, (options: EveryOptions) => every(10, uncalled, options));

  it("refuses a time that is not a positive, finite number, and a function that is none (idea 4)", () => {
    for (const ms of [undefined, null, "5", NaN]) expect(() => every(ms as never, uncalled)).toThrow(TypeError);
    for (const ms of [0, -1, Infinity, -Infinity]) expect(() => every(ms, uncalled)).toThrow(RangeError);
    expect(() => every(0, uncalled)).toThrow("The time between two runs must be positive and finite, got 0.");
    expect(() => every(5, null as never)).toThrow("The function to run must be a function, got null.");
    expect(() => every(5, uncalled, null as never)).toThrow("The options must be an object, got null.");
  });
});

describe("hedge", () => {
  refuses(ofHedge, (options: Partial<HedgeOptions<unknown>>) => hedge([uncalled], { after: 5, ...options }));

  it("refuses functions that are none, no functions, and missing options (idea 4)", () => {
    expect(() => hedge(uncalled as never, { after: 5 })).toThrow(
      "The tasks must be an array of functions, got a function.",
    );
    expect(() => hedge([uncalled, null as never], { after: 5 })).toThrow("Task 1 must be a function, got null.");
    expect(() => hedge([], { after: 5 })).toThrow("hedge() needs at least one function.");
    expect(() => hedge([uncalled], undefined as never)).toThrow(
      "The second argument must be an object with after, got undefined.",
    );
    expect(() => hedge([uncalled], null as never)).toThrow("The options must be an object, got null.");
  });

  it("a HedgeBudget refuses a wrong share (idea 4)", () => {
    for (const share of [undefined, null, "1", NaN])
      expect(() => new HedgeBudget({ share } as never)).toThrow(/^share must be a number, got /);
    for (const share of [0, -1, 1.01, Infinity]) expect(() => new HedgeBudget({ share })).toThrow(RangeError);
    expect(() => new HedgeBudget({ share: 2 })).toThrow("share must be above 0 and at most 1, got 2.");
    expect(() => new HedgeBudget(undefined as never)).toThrow(
      "The options must be an object with a share, got undefined.",
    );
    expect(() => new HedgeBudget(null as never)).toThrow("The options must be an object with a share, got null.");
  });
});

describe("Breaker", () => {
  refuses(ofBreaker, (options: Partial<BreakerOptions>) => new Breaker({ failures: 1 }, { resetAfter: 1, ...options }));
  refuses(
    ofRate,
    (trigger: BreakerTrigger) => new Breaker({ rate: 0.5, window: 100, minimum: 1, ...trigger }, { resetAfter: 1 }),
  );

  it("refuses a wrong trigger, and missing options (idea 4)", () => {
    const options = { resetAfter: 1 };
    for (const trigger of [undefined, null, 5, "failures"]) {
      expect(() => new Breaker(trigger as never, options)).toThrow(
        /^The trigger must be an object with failures, or with rate/,
      );
    }
    expect(() => new Breaker({} as never, options)).toThrow("rate must be a number, got undefined.");
    expect(() => new Breaker({ failures: "5" } as never, options)).toThrow(
      new TypeError('failures must be a positive integer, got "5".'),
    );
    for (const failures of [0, -1, 1.5, Infinity]) expect(() => new Breaker({ failures }, options)).toThrow(RangeError);
    const both = { failures: 5, rate: 0.5, window: 1, minimum: 1 };
    expect(() => new Breaker(both, options)).toThrow("The trigger must have failures or rate, not both.");
    expect(() => new Breaker({ failures: 1 }, undefined as never)).toThrow(
      /^The second argument must be an object with resetAfter/,
    );
    expect(() => new Breaker({ failures: 1 }, null as never)).toThrow("The options must be an object, got null.");
  });

  it("run refuses a scope and a function that are none (ideas 1 and 4)", () => {
    const breaker = new Breaker({ failures: 1 }, { resetAfter: 1 });
    for (const scope of [undefined, null, {}, 5, () => {}]) {
      expect(() => breaker.run(scope as never, uncalled)).toThrow(/^A wait needs the CancelScope or AbortSignal/);
    }
    using scope = new CancelScope();
    expect(() => breaker.run(scope, null as never)).toThrow("The function to run must be a function, got null.");
  });

  it("run rejects if isFailure returns a promise (B10)", async () => {
    const breaker = new Breaker({ failures: 1 }, { resetAfter: 1, isFailure: promise as never });
    using scope = new CancelScope();
    const error = await errorOf(breaker.run(scope, () => Promise.reject(new Error("no"))));
    expect(error.message).toBe("The result of isFailure must be a boolean, not a promise, got an object.");
    expect(breaker.state).toBe("closed");
  });
});

describe("a scope or a signal in place of options", () => {
  const entries: readonly (readonly [string, (options: never) => unknown])[] = [
    ["retry", (options) => retry(() => expect.unreachable(), options)],
    ["every", (options) => every(1, () => expect.unreachable(), options)],
    ["hedge", (options) => hedge([() => expect.unreachable()], options)],
  ];
  describe.each(entries)("%s", (_, call) => {
    it.each(mistakenOptions(new CancelScope()))("%s is an error, not ignored", (_, options, message) => {
      expect(() => call(options)).toThrow(new TypeError(message));
    });
  });
});
