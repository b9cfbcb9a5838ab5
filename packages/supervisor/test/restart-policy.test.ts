import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Backoff } from "../src/index.js";
import type { RestartPolicy } from "../src/restart-options.js";
import { type RestartDecision, RestartHistory } from "../src/restart-policy.js";
import { HOUR, policy } from "./restarts.js";

const END = { action: "end" } as const;
const GIVE_UP = { action: "give up" } as const;
const AT_ONCE = { action: "restart", delay: 0 } as const;

/** The decision after a run of this length, after earlier runs that failed and were restarted without a wait. */
function decisionAfter(
  rules: RestartPolicy,
  earlier: readonly number[],
  outcome: "fulfilled" | "rejected",
  length: number,
): RestartDecision {
  const history = new RestartHistory(rules, 0);
  let now = 0;
  for (const run of earlier) {
    now += run;
    expect(history.runEnded("rejected", now).action).toBe("restart");
    history.runBegins(now);
  }
  return history.runEnded(outcome, now + length);
}

describe("RestartHistory", () => {
  it.each([
    // when, the lengths of earlier runs, how the last run ends, its length, the decision
    ["on-failure", [], "fulfilled", 0, END],
    ["on-failure", [0, 0, 0], "fulfilled", 0, END],
    ["on-failure", [], "rejected", 0, AT_ONCE],
    ["on-failure", [1, 1], "rejected", 500, AT_ONCE],
    ["on-failure", [1, 1, 1], "rejected", 500, GIVE_UP],
    ["always", [], "fulfilled", 0, AT_ONCE],
    ["always", [], "rejected", 0, AT_ONCE],
    ["always", [1, 1, 1], "fulfilled", 1, GIVE_UP],
    ["always", [1, 1, 1], "rejected", 1, GIVE_UP],
    // A restart counts until its age reaches the width of the window.
    ["on-failure", [1, 1, 1], "rejected", 997, GIVE_UP],
    ["on-failure", [1, 1, 1], "rejected", 998, AT_ONCE],
    // The window slides: each restart leaves it separately.
    ["on-failure", [1, 1, 1, 998], "rejected", 0, GIVE_UP],
    ["on-failure", [1, 1, 1, 998], "rejected", 1, AT_ONCE],
    ["on-failure", [1, 1, 1, 998, 1], "rejected", 0, GIVE_UP],
    // After a run of an hour the window is empty.
    ["on-failure", [1, 1, 1], "rejected", HOUR, AT_ONCE],
    ["on-failure", [1, 1, 1, HOUR, 0, 0], "rejected", 0, GIVE_UP],
  ] as const)(
    "the policy %s: after runs of %j ms, a run that is %s after %i ms leads to %j (V9)",
    (when, runs, how, last, next) => {
      expect(decisionAfter(policy({ when }), runs, how, last)).toEqual(next);
    },
  );

  it("a history with maxRestarts 0 allows no restart, however long the run lasted (V9)", () => {
    expect(decisionAfter(policy({ maxRestarts: 0 }), [], "rejected", HOUR)).toEqual(GIVE_UP);
    expect(decisionAfter(policy({ maxRestarts: 0 }), [], "fulfilled", 0)).toEqual(END);
  });

  it("a history with an infinite window counts all restarts (V9)", () => {
    const forAll = policy({ maxRestarts: 2, within: Infinity });
    expect(decisionAfter(forAll, [HOUR], "rejected", HOUR)).toEqual(AT_ONCE);
    expect(decisionAfter(forAll, [HOUR, HOUR], "rejected", 10 * HOUR)).toEqual(GIVE_UP);
  });

  it("a history counts no restart if the window has no width, or maxRestarts is Infinity (V9)", () => {
    const runs = Array<number>(1_000).fill(0);
    expect(decisionAfter(policy({ maxRestarts: 1, within: 0 }), runs, "rejected", 0)).toEqual(AT_ONCE);
    const unlimited = policy({ maxRestarts: Infinity, within: Infinity });
    expect(decisionAfter(unlimited, runs, "rejected", 0)).toEqual(AT_ONCE);
  });

  it("a history counts exactly after any number of restarts (V9)", () => {
    const rules = policy({ maxRestarts: 10, within: 100 });
    for (let before = 10; before < 200; before++) {
      const runs = Array<number>(before).fill(10); // each restart leaves the window as the next one comes
      expect(decisionAfter(rules, runs, "rejected", 0)).toEqual(GIVE_UP);
      expect(decisionAfter(rules, runs, "rejected", 10)).toEqual(AT_ONCE);
    }
  });

  it("a history does not count the time that the task waits to restart (V9)", () => {
    const rules = policy({ maxRestarts: 1, within: 1_000 });
    for (const [length, next] of [
      [999, GIVE_UP],
      [1_000, AT_ONCE],
    ] as const) {
      const history = new RestartHistory(rules, 0);
      expect(history.runEnded("rejected", 10)).toEqual(AT_ONCE);
      history.runBegins(HOUR); // the wait is longer than the window
      expect(history.runEnded("rejected", HOUR + length)).toEqual(next);
    }
  });

  it("a history adds up the runs between long waits (V9)", () => {
    const history = new RestartHistory(policy({ maxRestarts: 2, within: 1_000 }), 0);
    expect(history.runEnded("rejected", 0)).toEqual(AT_ONCE);
    history.runBegins(10_000);
    expect(history.runEnded("rejected", 10_500)).toEqual(AT_ONCE);
    history.runBegins(20_000);
    expect(history.runEnded("rejected", 20_500)).toEqual(AT_ONCE); // the first restart is 500 + 500 ms ago
    history.runBegins(30_000);
    expect(history.runEnded("rejected", 30_499)).toEqual(GIVE_UP);
  });
});

describe("the backoff of RestartHistory", () => {
  /** The waits after runs that fail at once. */
  const delays = (count: number, backoff: Backoff | undefined, changes: Partial<RestartPolicy> = {}): number[] => {
    const history = new RestartHistory(policy({ maxRestarts: Infinity, backoff, ...changes }), 0);
    return Array.from({ length: count }, () => delayAfter(history, 0));
  };
  const delayAfter = (history: RestartHistory, now: number): number => {
    const decision = history.runEnded("rejected", now);
    if (decision.action !== "restart") throw new Error("expected a restart");
    history.runBegins(now);
    return decision.delay;
  };
  const growing = { initial: 100, factor: 2, max: 1_000, jitter: false };

  it("a backoff grows with every restart, up to the longest wait (V9)", () => {
    expect(delays(6, growing)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(delays(5_000, growing).at(-1)).toBe(1_000);
  });

  it("a history without the option backoff does not wait (V9)", () => {
    expect(delays(3, undefined)).toEqual([0, 0, 0]);
  });

  it("a backoff is 1,000 ms at first, twice as long each time, and 30,000 ms at most by default (V9)", () => {
    expect(delays(7, { jitter: false })).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    const undefineds = { initial: undefined, factor: undefined, max: undefined, jitter: () => 1 };
    expect(delays(7, undefineds)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it.each([
    [{}, [1_000, 2_000]],
    [{ initial: 10 }, [10, 20]],
    [{ factor: 3 }, [1_000, 3_000]],
    [{ max: 1_500 }, [1_000, 1_500]],
  ] as const)("a backoff applies each default separately: %j leads to %j (V9)", (backoff, expected) => {
    expect(delays(2, { ...backoff, jitter: false })).toEqual(expected);
  });

  it("a backoff starts over once a run has lasted for the window, and not before (V9)", () => {
    const history = new RestartHistory(policy({ maxRestarts: Infinity, backoff: growing }), 0);
    expect([0, 999, 1_998, 2_998, 2_998].map((now) => delayAfter(history, now))).toEqual([100, 200, 400, 100, 200]);
  });

  it("a backoff does not start over because several runs together have lasted for the window (V9)", () => {
    const history = new RestartHistory(policy({ maxRestarts: Infinity, within: 10, backoff: growing }), 0);
    expect([9, 18, 27, 36].map((now) => delayAfter(history, now))).toEqual([100, 200, 400, 800]);
  });

  it("a backoff does not count the wait as part of the run (V9)", () => {
    const history = new RestartHistory(policy({ maxRestarts: Infinity, backoff: growing }), 0);
    expect(history.runEnded("rejected", 0)).toMatchObject({ delay: 100 });
    history.runBegins(5_000);
    expect(history.runEnded("rejected", 5_999)).toMatchObject({ delay: 200 });
    history.runBegins(20_000);
    expect(history.runEnded("rejected", 21_000)).toMatchObject({ delay: 100 });
  });

  it("a backoff never starts over if the window is infinite (V9)", () => {
    const history = new RestartHistory(policy({ maxRestarts: Infinity, within: Infinity, backoff: growing }), 0);
    expect([0, HOUR, 2 * HOUR].map((now) => delayAfter(history, now))).toEqual([100, 200, 400]);
  });

  it("a backoff counts successful runs like failed ones (V9)", () => {
    const history = new RestartHistory(policy({ when: "always", maxRestarts: Infinity, backoff: growing }), 0);
    expect(history.runEnded("fulfilled", 0)).toMatchObject({ delay: 100 });
    history.runBegins(100);
    expect(history.runEnded("rejected", 100)).toMatchObject({ delay: 200 });
    history.runBegins(300);
    expect(history.runEnded("fulfilled", 300)).toMatchObject({ delay: 400 });
  });

  it("a backoff may always be zero, or always the same (V9)", () => {
    expect(delays(2_000, { ...growing, initial: 0 }).at(-1)).toBe(0);
    expect(delays(3, { initial: 0, factor: Infinity })).toEqual([0, 0, 0]);
    expect(delays(3, { initial: 7, factor: 1, max: 10, jitter: false })).toEqual([7, 7, 7]);
    expect(delays(1, { initial: 70, factor: 1, max: 10, jitter: false })).toEqual([10]);
    expect(delays(3, { ...growing, max: 0 })).toEqual([0, 0, 0]);
  });

  it("a backoff is a finite number, however it grows (V9)", () => {
    const boundless = { initial: 1, factor: Infinity, max: Infinity };
    expect(delays(2_000, { ...boundless, jitter: () => 0 }).every((delay) => delay === 0)).toBe(true);
    expect(delays(5_000, { ...boundless, jitter: false }).at(-1)).toBe(Number.MAX_VALUE);
    expect(delays(1, { ...boundless, initial: Infinity, jitter: false })).toEqual([Number.MAX_VALUE]);
  });

  it("a jittered backoff covers the whole range of the wait, with the given source of randomness (V9)", () => {
    const shares = [0, 0.25, 1, 0.5];
    const jitter = (): number => shares.shift()!;
    expect(delays(4, { ...growing, jitter })).toEqual([0, 50, 400, 400]);
    expect(shares).toEqual([]); // called once for each restart
  });

  it("a backoff is jittered with Math.random by default, and not at all if jitter is false (V9)", () => {
    const steady = { initial: 1_000, factor: 1, max: 1_000 };
    for (const backoff of [steady, { ...steady, jitter: true }, { ...steady, jitter: undefined }]) {
      const waits = delays(50, backoff);
      expect(new Set(waits).size).toBeGreaterThan(1);
      for (const delay of waits) {
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThan(1_000);
      }
    }
    expect(delays(2, { ...steady, jitter: false })).toEqual([1_000, 1_000]);
  });

  it.each([
    [-0.1, "-0.1"],
    [1.1, "1.1"],
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    ["0.5", '"0.5"'],
    [undefined, "undefined"],
    [1n, "a bigint"],
  ])("a backoff refuses %s from the source of randomness (V9)", (share, printed) => {
    expect(() => delays(1, { initial: 1, jitter: () => share as number })).toThrow(
      new RangeError(`restart.backoff.jitter must return a number from 0 to 1, got ${printed}.`),
    );
  });
});

/** One run, and the wait after it, which may be longer than the decision's delay. */
interface Run {
  readonly outcome: "fulfilled" | "rejected";
  readonly length: number;
  readonly wait: number;
}

/** The rules in their simplest form: it keeps the lengths of all runs. */
function naiveDecision(rules: RestartPolicy, runs: readonly Run[]): RestartDecision {
  const lengths = runs.map(({ length }) => length);
  if (rules.when === "on-failure" && runs.at(-1)?.outcome === "fulfilled") return END;
  // The age of a restart is the total length of the runs since then.
  const ages = lengths
    .slice(1)
    .map((_, restart) => lengths.slice(restart + 1).reduce((sum, length) => sum + length, 0));
  if (ages.filter((age) => age < rules.within).length >= rules.maxRestarts) return GIVE_UP;
  const lastLong = lengths.findLastIndex((length) => length >= rules.within);
  const streak = lengths.length - 1 - Math.max(0, lastLong);
  return { action: "restart", delay: naiveDelay(streak, rules.backoff) };
}

function naiveDelay(streak: number, backoff: Backoff | undefined): number {
  if (backoff === undefined) return 0;
  let delay = backoff.initial!;
  for (let restart = 0; restart < streak; restart++) delay = Math.min(backoff.max!, delay * backoff.factor!);
  return Math.min(backoff.max!, delay);
}

describe("RestartHistory, for any runs and waits", () => {
  const outcomes = fc.constantFrom("fulfilled", "rejected");
  const runs = fc.array(
    fc.record({
      outcome: outcomes,
      length: fc.nat({ max: 60 }),
      wait: fc.nat({ max: 500 }),
    }) satisfies fc.Arbitrary<Run>,
    { minLength: 1, maxLength: 150 },
  );
  const policies = fc.record({
    when: fc.constantFrom("always", "on-failure"),
    maxRestarts: fc.oneof(fc.nat({ max: 12 }), fc.constant(Infinity)),
    within: fc.oneof(fc.nat({ max: 200 }), fc.constant(Infinity)),
    backoff: fc.option(
      fc.record({
        initial: fc.nat({ max: 100 }),
        factor: fc.integer({ min: 1, max: 3 }),
        max: fc.nat({ max: 2_000 }),
        jitter: fc.constant(false),
      }),
      { nil: undefined },
    ),
  }) as fc.Arbitrary<RestartPolicy>;

  it("a history decides as a model that keeps the lengths of all runs, and reads no clock (V9)", () => {
    fc.assert(
      fc.property(policies, runs, fc.nat(), (rules, all, start) => {
        let now = start;
        const history = new RestartHistory(rules, now);
        for (const [index, { outcome, length, wait }] of all.entries()) {
          now += length;
          const decision = history.runEnded(outcome, now);
          expect(decision).toEqual(naiveDecision(rules, all.slice(0, index + 1)));
          if (decision.action !== "restart") return;
          now += wait;
          history.runBegins(now);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("a history waits for a time from 0 to max, for any numbers (V9)", () => {
    const extreme = fc.oneof(
      fc.constantFrom(0, 1, Infinity, Number.MAX_VALUE, Number.MIN_VALUE),
      fc.double({ min: 0, noNaN: true }),
    );
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(extreme, extreme, extreme, fc.nat({ max: 2_000 }), share, (initial, factor, max, count, jitter) => {
        const backoff = { initial, factor: Math.max(1, factor), max, jitter: () => jitter };
        const history = new RestartHistory(policy({ maxRestarts: Infinity, backoff }), 0);
        for (let restart = 0; restart <= count; restart++) {
          const decision = history.runEnded("rejected", 0);
          if (decision.action !== "restart") throw new Error("expected a restart");
          if (!(decision.delay >= 0 && decision.delay <= Math.min(max, Number.MAX_VALUE))) {
            expect(decision.delay).toBe("from 0 to max");
          }
        }
      }),
    );
  });
});

describe("the work of RestartHistory", () => {
  /** The time that one restart takes while the window holds so many, in the best of some rounds. */
  function timePerRestart(held: number): number {
    const rules = policy({ maxRestarts: held, within: held });
    let best = Infinity;
    for (let round = 0; round < 5; round++) {
      const begun = performance.now();
      for (let restarts = 0; restarts < 200_000;) {
        const history = new RestartHistory(rules, 0);
        // One restart in each millisecond: the window fills, then slides.
        for (let now = 1; now <= 2 * held; now++, restarts++) {
          if (history.runEnded("rejected", now).action !== "restart") throw new Error("expected a restart");
          history.runBegins(now);
        }
      }
      best = Math.min(best, performance.now() - begun);
    }
    return best;
  }

  it("the work of a restart is the same whether the window holds 1,000 restarts or 100,000 (V9)", () => {
    timePerRestart(1_000); // until it is compiled
    // About 1; it would be 100 if each restart read or moved the whole window.
    expect(timePerRestart(100_000) / timePerRestart(1_000)).toBeLessThan(20);
  });
});
