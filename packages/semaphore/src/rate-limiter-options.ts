import type { Clock } from "@selvage/scope";
import { checkClock, checkName, checkNumber, checkOptions } from "@selvage/scope/internal";

/** Options of a `RateLimiter`. */
export interface RateLimiterOptions {
  /** How many tokens the bucket gets in `per` milliseconds. A positive number. */
  readonly rate: number;
  /** The time in which the bucket gets `rate` tokens, in milliseconds. A positive number. */
  readonly per: number;
  /** How many tokens the bucket holds at most, so how many may be taken at once after a pause. At least 1. Default: `rate`, and at least 1. */
  readonly burst?: number | undefined;
  /** The name that messages and `describeTree` use. */
  readonly name?: string | undefined;
  /** The clock of the bucket. Default: the platform's timers. */
  readonly clock?: Clock | undefined;
}

/** Checks the options, and returns them with the default of `burst`. */
export function checkLimiter(options: RateLimiterOptions | undefined): RateLimiterOptions & { readonly burst: number } {
  checkOptions(options);
  const { rate, per, burst = Math.max(1, rate), name, clock } = options ?? ({} as RateLimiterOptions);
  checkPositive("rate", rate, 0);
  checkPositive("per", per, 0);
  checkPositive("burst", burst, 1);
  checkName(name, "A rate limiter's name");
  checkClock(clock);
  return { rate, per, burst, name, clock };
}

function checkPositive(what: string, value: unknown, least: number): void {
  checkNumber(what, value, least);
  if (value === 0 || value === Infinity) throw new RangeError(`${what} must be positive and finite, got ${value}.`);
}
