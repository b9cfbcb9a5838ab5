import { VirtualClock } from "@selvage/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CancelledError, CancelScope, retry, RetryError, TimeoutError } from "../src/index.js";

/*
 * Random retries on virtual time, whose orders are permuted by a seed, under a timeout, an outer deadline, and an outer cancel at any time. Times of
 * attempts and waits are whole, and most limits are, too, so many of them are equal. A model says what must happen.
 */
const limit = fc.oneof(
  { weight: 1, arbitrary: fc.constant(Infinity) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 }) },
);
const plan = fc.record({
  /** How long each attempt takes, how long its cleanup takes, and whether it heeds its scope and succeeds. */
  attempts: fc.array(
    fc.record({
      takes: fc.integer({ min: 0, max: 8 }),
      cleanup: fc.integer({ min: 0, max: 4 }),
      isDeaf: fc.boolean(),
      succeeds: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  waits: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 }),
  timeout: limit,
  attemptTimeout: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 8 })),
  deadline: limit,
  /** When the outer scope is cancelled. Never at the same time as something else. */
  cancelAt: fc.oneof(
    fc.constant(Infinity),
    fc.integer({ min: 0, max: 40 }).map((time) => time + 0.5),
  ),
  seed: fc.integer({ min: 0, max: 1_000_000 }),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

interface Outcome {
  readonly result: "value" | "cancelled" | "exhausted";
  /** Each failure, as "timeout", "whole" or the number of its attempt. */
  readonly failures: readonly (string | number)[];
  readonly begun: readonly number[];
  readonly end: number;
}

function reckon({ attempts, waits, timeout, attemptTimeout, deadline, cancelAt }: Plan): Outcome {
  const outer = Math.min(deadline, cancelAt);
  const begun: number[] = [];
  const failures: (string | number)[] = [];
  if (deadline <= 0) return { result: "cancelled", failures, begun, end: 0 };
  if (timeout <= 0) return { result: "exhausted", failures: ["whole"], begun, end: 0 };
  for (let now = 0, number = 1; ; number++) {
    const { takes, cleanup, isDeaf, succeeds } = attempts[number - 1]!;
    begun.push(now);
    const limits = [outer, timeout, now + attemptTimeout]; // the outermost first
    const cut = Math.min(...limits);
    const isCut = !isDeaf && cut <= now + takes && takes > 0;
    now = isCut ? cut + cleanup : now + takes;
    if (!isCut && succeeds) return { result: "value", failures: [], begun, end: now };
    const owner = limits.indexOf(cut);
    if (isCut && owner === 0) return { result: "cancelled", failures: [], begun, end: now };
    failures.push(!isCut ? number : owner === 1 ? "whole" : "timeout");
    const next = now + waits[number - 1]!;
    // The look comes after the failure. If the scope is cancelled by then, or the wait would not end in time, it has failed.
    const isExhausted = number === attempts.length || next >= Math.min(timeout, deadline) || cancelAt <= now;
    if (isExhausted) return { result: "exhausted", failures, begun, end: now };
    if (cancelAt < next) return { result: "cancelled", failures: [], begun, end: cancelAt };
    now = next;
  }
}

async function perform({ attempts, waits, timeout, attemptTimeout, deadline, cancelAt, seed }: Plan): Promise<Outcome> {
  const clock = new VirtualClock({ autojump: true, seed });
  using outside = new CancelScope({ clock });
  using parent = new CancelScope({ clock, deadline });
  const begun: number[] = [];
  const canceller = cancelAt === Infinity ? undefined : clock.setTimer(() => parent.cancel(), cancelAt);
  const outcome = (result: Outcome["result"], failures: Outcome["failures"] = []): Outcome => ({
    result,
    failures,
    begun,
    end: clock.now(),
  });
  try {
    await retry(
      async (scope, number) => {
        begun.push(clock.now());
        const { takes, cleanup, isDeaf, succeeds } = attempts[number - 1]!;
        if (takes > 0) {
          await (isDeaf ? outside : scope).sleep(takes).catch(async (error: unknown) => {
            if (cleanup > 0) await outside.sleep(cleanup);
            throw error;
          });
        }
        if (!succeeds) throw new Error(String(number));
      },
      {
        parent,
        attempts: attempts.length,
        ...(timeout === Infinity ? {} : { timeout }),
        ...(attemptTimeout === Infinity ? {} : { attemptTimeout }),
        delayFor: (() => {
          let wait = 0;
          return () => waits[wait++];
        })(),
      },
    );
    return outcome("value");
  } catch (error) {
    if (error instanceof CancelledError) {
      expect(error).toBe(parent.reason);
      return outcome("cancelled");
    }
    expect(error).toBeInstanceOf(RetryError);
    const { errors, attempts: count, elapsed } = error as RetryError;
    expect([count, elapsed]).toEqual([begun.length, clock.now()]);
    const failures = errors.map((each) => {
      const { message } = each as Error;
      if (!(each instanceof TimeoutError)) return Number(message);
      return message.startsWith("the retry") ? "whole" : "timeout";
    });
    return outcome("exhausted", failures);
  } finally {
    if (canceller !== undefined) clock.clearTimer(canceller);
    const timers = deadline === Infinity || parent.cancelled ? 0 : 1; // first, because it looks at the clock
    expect(clock.pending).toBe(timers);
  }
}

describe("random retries", () => {
  it("any retry ends as the model says, whatever limit falls between two steps (B1, B2, B4, B6)", async () => {
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        expect(await perform(planned)).toEqual(reckon(planned));
      }),
      { numRuns: 1_000 },
    );
  });
});
