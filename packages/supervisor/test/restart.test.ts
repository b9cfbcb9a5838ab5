import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RestartLimitError, Supervisor } from "../src/index.js";
import { type Backoff, decideRestart, type RestartPolicy } from "../src/restart.js";

const policy = (changes: Partial<RestartPolicy> = {}): RestartPolicy => ({
  when: "on-failure",
  maxRestarts: 3,
  within: 1_000,
  ...changes,
});
const HOUR = 3_600_000;

describe("decideRestart", () => {
  it.each([
    // when, how the run ended, earlier restarts, now, what is to be done
    ["on-failure", "fulfilled", [], 0, { action: "end" }],
    ["on-failure", "fulfilled", [1, 2, 3], 4, { action: "end" }],
    ["on-failure", "rejected", [], 0, { action: "restart", delay: 0, restarts: [0] }],
    ["on-failure", "rejected", [1, 2], 500, { action: "restart", delay: 0, restarts: [1, 2, 500] }],
    ["on-failure", "rejected", [1, 2, 3], 500, { action: "give up", restarts: [1, 2, 3] }],
    ["always", "fulfilled", [], 0, { action: "restart", delay: 0, restarts: [0] }],
    ["always", "rejected", [], 0, { action: "restart", delay: 0, restarts: [0] }],
    ["always", "fulfilled", [1, 2, 3], 4, { action: "give up", restarts: [1, 2, 3] }],
    ["always", "rejected", [1, 2, 3], 4, { action: "give up", restarts: [1, 2, 3] }],
    // A restart counts until it is as long ago as the window is wide.
    ["on-failure", "rejected", [1, 2, 3], 1_000, { action: "give up", restarts: [1, 2, 3] }],
    ["on-failure", "rejected", [1, 2, 3], 1_001, { action: "restart", delay: 0, restarts: [2, 3, 1_001] }],
    ["on-failure", "rejected", [1, 2, 3], 1_002, { action: "restart", delay: 0, restarts: [3, 1_002] }],
    // A task that has run for an hour has a clean sheet.
    ["on-failure", "rejected", [1, 2, 3], HOUR, { action: "restart", delay: 0, restarts: [HOUR] }],
  ] as const)("%s, %s, after restarts at %j, at %i (V9)", (when, outcome, restarts, now, decision) => {
    expect(decideRestart(policy({ when }), restarts, outcome, now)).toEqual(decision);
  });

  it("allows none where maxRestarts is 0 (V9)", () => {
    expect(decideRestart(policy({ maxRestarts: 0 }), [], "rejected", 0)).toEqual({ action: "give up", restarts: [] });
    expect(decideRestart(policy({ maxRestarts: 0 }), [], "fulfilled", 0)).toEqual({ action: "end" });
  });

  it("forgets none where the window is infinite, and has no limit where maxRestarts is (V9)", () => {
    const forAll = policy({ maxRestarts: 2, within: Infinity });
    expect(decideRestart(forAll, [0, HOUR], "rejected", 10 * HOUR)).toMatchObject({ action: "give up" });
    const unlimited = policy({ maxRestarts: Infinity, within: Infinity });
    const many = Array.from({ length: 100_000 }, (_, time) => time);
    const decision = decideRestart(unlimited, many, "rejected", 100_000);
    expect(decision).toMatchObject({ action: "restart", delay: 0 });
    // Kept for the backoff alone: not all of them, for ever.
    if (decision.action !== "restart") throw new Error("expected a restart");
    expect(decision.restarts.at(-1)).toBe(100_000);
    expect(decision.restarts.length).toBeLessThan(2_000);
  });

  it("counts a restart from when its run begins, after the wait (V9)", () => {
    const slow = policy({ maxRestarts: 1, backoff: { initial: 900, factor: 1, max: 900 } });
    const first = decideRestart(slow, [], "rejected", 0);
    expect(first).toEqual({ action: "restart", delay: 900, restarts: [900] });
    // It has run for 150 ms, not for more than the window.
    expect(decideRestart(slow, [900], "rejected", 1_050)).toEqual({ action: "give up", restarts: [900] });
    expect(decideRestart(slow, [900], "rejected", 1_900)).toMatchObject({ action: "restart", restarts: [2_800] });
  });

  it("changes nothing it is given, and asks for no time: it is pure (V9)", () => {
    const restarts = Object.freeze([1, 2]);
    const frozen = Object.freeze(policy({ backoff: Object.freeze({ initial: 1, factor: 2, max: 10 }) }));
    const once = decideRestart(frozen, restarts, "rejected", 50);
    expect(decideRestart(frozen, restarts, "rejected", 50)).toEqual(once);
    expect(restarts).toEqual([1, 2]);
  });
});

/** A source of randomness that hands out what it is given, again and again. */
function inTurn(shares: readonly number[]): () => number {
  let asked = 0;
  return () => shares[asked++ % shares.length]!;
}

describe("decideRestart, any number of times", () => {
  const runs = fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 200 });
  const backoffs: fc.Arbitrary<Backoff | undefined> = fc.option(
    fc.record({
      initial: fc.nat({ max: 500 }),
      factor: fc.double({ min: 1, max: 3, noNaN: true }),
      max: fc.nat({ max: 2_000 }),
      jitter: fc.option(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }).map(inTurn), {
        nil: undefined,
      }),
    }),
    { nil: undefined },
  );

  /** When runs begin again whose lengths are given, until the policy gives up. */
  function restartTimes(rules: RestartPolicy, lengths: readonly number[]): { times: number[]; gaveUpAt?: number } {
    const times: number[] = [];
    let restarts: readonly number[] = [];
    let now = 0;
    for (const length of lengths) {
      now += length;
      const decision = decideRestart(rules, restarts, "rejected", now);
      if (decision.action === "give up") return { times, gaveUpAt: now };
      if (decision.action === "end") throw new Error("expected a failure never to end it");
      now += decision.delay;
      times.push(now);
      restarts = decision.restarts;
    }
    return { times };
  }

  it("never lets more than maxRestarts runs begin within any window (V9)", () => {
    fc.assert(
      fc.property(
        runs,
        fc.nat({ max: 5 }),
        fc.integer({ min: 1, max: 1_000 }),
        backoffs,
        (lengths, maxRestarts, within, backoff) => {
          const { times } = restartTimes(policy({ maxRestarts, within, backoff }), lengths);
          for (let first = 0; first + maxRestarts < times.length; first++) {
            expect(times[first + maxRestarts]! - times[first]!).toBeGreaterThanOrEqual(within - 1e-6); // the difference of two doubles
          }
        },
      ),
    );
  });

  it("gives up only where as many as are allowed began within the window before (V9)", () => {
    fc.assert(
      fc.property(
        runs,
        fc.nat({ max: 5 }),
        fc.integer({ min: 1, max: 1_000 }),
        backoffs,
        (lengths, maxRestarts, within, backoff) => {
          const { times, gaveUpAt } = restartTimes(policy({ maxRestarts, within, backoff }), lengths);
          if (gaveUpAt !== undefined)
            expect(times.filter((time) => time > gaveUpAt - within)).toHaveLength(maxRestarts);
        },
      ),
    );
  });

  it("always restarts a task that has run for the window or longer (V9)", () => {
    fc.assert(
      fc.property(
        runs,
        fc.integer({ min: 1, max: 5 }),
        fc.nat({ max: 400 }),
        backoffs,
        (lengths, maxRestarts, within, backoff) => {
          const long = lengths.map((length) => length + within);
          expect(restartTimes(policy({ maxRestarts, within, backoff }), long).times).toHaveLength(lengths.length);
        },
      ),
    );
  });

  it("waits for a time between nothing and max, whatever the numbers (V9)", () => {
    const extreme = fc.oneof(
      fc.constantFrom(0, 1, Infinity, Number.MAX_VALUE, Number.MIN_VALUE),
      fc.double({ min: 0, noNaN: true }),
    );
    fc.assert(
      fc.property(
        extreme,
        extreme,
        extreme,
        fc.nat({ max: 2_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (initial, factor, max, count, share) => {
          const backoff = { initial, factor: Math.max(1, factor), max, jitter: () => share };
          const restarts = Array.from({ length: count }, () => 0);
          const decision = decideRestart(policy({ maxRestarts: Infinity, backoff }), restarts, "rejected", 0);
          if (decision.action !== "restart") throw new Error("expected a restart");
          expect(decision.delay).not.toBeNaN();
          expect(decision.delay).toBeGreaterThanOrEqual(0);
          expect(decision.delay).toBeLessThanOrEqual(max);
        },
      ),
    );
  });
});

describe("the backoff of decideRestart", () => {
  const delayAfter = (earlier: number, backoff: Backoff, now = 0): number => {
    const restarts = Array.from({ length: earlier }, () => now);
    const decision = decideRestart(policy({ maxRestarts: Infinity, backoff }), restarts, "rejected", now);
    if (decision.action !== "restart") throw new Error("expected a restart");
    return decision.delay;
  };

  it("grows with every restart in the window, up to the longest wait (V9)", () => {
    const backoff = { initial: 100, factor: 2, max: 1_000 };
    expect([0, 1, 2, 3, 4, 5].map((earlier) => delayAfter(earlier, backoff))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(delayAfter(5_000, backoff)).toBe(1_000);
  });

  it("begins afresh when the restarts have left the window (V9)", () => {
    const backoff = { initial: 100, factor: 2, max: 1_000 };
    const rules = policy({ maxRestarts: 10, backoff });
    expect(decideRestart(rules, [1, 2, 3], "rejected", 900)).toMatchObject({ delay: 800 });
    expect(decideRestart(rules, [1, 2, 3], "rejected", 1_002)).toMatchObject({ delay: 200 });
    expect(decideRestart(rules, [1, 2, 3], "rejected", HOUR)).toMatchObject({ delay: 100 });
  });

  it("may be nothing at first and for ever, or the same each time (V9)", () => {
    expect([0, 5, 2_000].map((earlier) => delayAfter(earlier, { initial: 0, factor: 2, max: 10 }))).toEqual([0, 0, 0]);
    expect([0, 5].map((earlier) => delayAfter(earlier, { initial: 7, factor: 1, max: 10 }))).toEqual([7, 7]);
    expect(delayAfter(0, { initial: 70, factor: 1, max: 10 })).toBe(10);
  });

  it("is a number, however it grows (V9)", () => {
    const boundless = { initial: 1, factor: Infinity, max: Infinity };
    expect([0, 1, 2_000].map((earlier) => delayAfter(earlier, { ...boundless, jitter: () => 0 }))).toEqual([0, 0, 0]);
    expect(delayAfter(5_000, boundless)).toBe(Number.MAX_VALUE);
    expect(delayAfter(0, { ...boundless, initial: Infinity })).toBe(Number.MAX_VALUE);
  });

  it("jitters over the whole of the wait, by the source of randomness given (V9)", () => {
    const backoff = (share: number): Backoff => ({ initial: 100, factor: 2, max: 1_000, jitter: () => share });
    expect([0, 0.25, 1].map((share) => delayAfter(1, backoff(share)))).toEqual([0, 50, 200]);
    expect(delayAfter(10, backoff(0.5))).toBe(500);
    const asked: number[] = [];
    delayAfter(3, { ...backoff(0), jitter: () => asked.push(1) / 1 });
    expect(asked).toEqual([1]);
  });

  it("jitters by Math.random where it is just asked to, and not unless it is (V9)", () => {
    const backoff = { initial: 1_000, factor: 1, max: 1_000 };
    const delays = new Set(Array.from({ length: 50 }, () => delayAfter(0, { ...backoff, jitter: true })));
    expect(delays.size).toBeGreaterThan(1);
    for (const delay of delays) {
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThan(1_000);
    }
    expect([delayAfter(0, backoff), delayAfter(0, { ...backoff, jitter: false })]).toEqual([1_000, 1_000]);
  });

  it.each([-0.1, 1.1, NaN, Infinity, "0.5", undefined])("refuses %s from a source of randomness (V9)", (share) => {
    expect(() => delayAfter(0, { initial: 1, factor: 1, max: 1, jitter: () => share as number })).toThrow(
      "restart.backoff.jitter must return a number from 0 to 1, got ",
    );
  });
});

describe("a restart policy, misused", () => {
  const supervisor = new Supervisor();
  const backoff = { initial: 1, factor: 2, max: 10 };

  it.each([
    [null, TypeError, "restart must be an object, got null."],
    ["always", TypeError, 'restart must be an object, got "always".'],
    [{ ...policy(), when: "never" }, TypeError, 'restart.when must be "always" or "on-failure", got "never".'],
    [{ when: "always", within: 1 }, TypeError, "restart.maxRestarts must be a number, got undefined."],
    [policy({ maxRestarts: NaN }), TypeError, "restart.maxRestarts must be a number, got NaN."],
    [policy({ maxRestarts: -1 }), RangeError, "restart.maxRestarts must be 0 at least, got -1."],
    [policy({ maxRestarts: 1.5 }), RangeError, "restart.maxRestarts must be a whole number or Infinity, got 1.5."],
    [policy({ within: "1s" as never }), TypeError, 'restart.within must be a number, got "1s".'],
    [policy({ within: -5 }), RangeError, "restart.within must be 0 at least, got -5."],
    [policy({ backoff: 100 as never }), TypeError, "restart.backoff must be an object, got 100."],
    [
      policy({ backoff: { ...backoff, initial: -1 } }),
      RangeError,
      "restart.backoff.initial must be 0 at least, got -1.",
    ],
    [
      policy({ backoff: { ...backoff, factor: 0.5 } }),
      RangeError,
      "restart.backoff.factor must be 1 at least, got 0.5.",
    ],
    [policy({ backoff: { ...backoff, max: NaN } }), TypeError, "restart.backoff.max must be a number, got NaN."],
    [
      policy({ backoff: { ...backoff, jitter: "full" as never } }),
      TypeError,
      'restart.backoff.jitter must be a boolean or a function, got "full".',
    ],
  ] as const)("%j throws at once, and starts nothing (V9)", (restart, error, message) => {
    const create = (): unknown => supervisor.createTask(() => expect.unreachable(), { restart: restart as never });
    expect(create).toThrow(error);
    expect(create).toThrow(message);
    expect(supervisor.size).toBe(0);
  });

  it("is seen before the function is, and after it was found to be one (V9)", () => {
    // @ts-expect-error -- a task is a function
    expect(() => supervisor.createTask(5, { restart: policy() })).toThrow(
      new TypeError("A task must be a function, got 5."),
    );
  });
});

describe("RestartLimitError", () => {
  it("is known by its name, and carries the last run's error (V9)", () => {
    const cause = new Error("last");
    const error = new RestartLimitError("gave up", { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "RestartLimitError", message: "gave up", cause });
    expect(Object.keys(error)).toEqual([]);
  });
});
