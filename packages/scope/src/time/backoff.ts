import { checkNumber, describeValue, expected } from "../support/arguments.js";

/** How long to wait before something is tried again. The wait grows each time. */
export interface Backoff {
  /** The first wait, in milliseconds. Default: 1,000. */
  readonly initial?: number | undefined;
  /** The factor by which it grows each time. Default: 2. */
  readonly factor?: number | undefined;
  /** The longest wait, in milliseconds. Default: 30,000. */
  readonly max?: number | undefined;
  /**
   * Full jitter: the wait is a random time between 0 and the time above, so that tasks which failed together do not try again together. A function
   * returns the random number, from 0 to 1. `true` means `Math.random`. Default: `true`.
   */
  readonly jitter?: boolean | (() => number) | undefined;
}

/**
 * Checks a backoff, and returns a copy.
 *
 * @param what - What messages call it.
 */
export function checkBackoff(what: string, backoff: unknown): Backoff {
  if (typeof backoff !== "object" || backoff === null) throw expected(what, "an object", backoff);
  const { initial, factor, max, jitter } = backoff as Record<keyof Backoff, unknown>;
  if (initial !== undefined) checkNumber(`${what}.initial`, initial, 0);
  if (factor !== undefined) checkNumber(`${what}.factor`, factor, 1);
  if (max !== undefined) checkNumber(`${what}.max`, max, 0);
  if (jitter !== undefined && typeof jitter !== "boolean" && typeof jitter !== "function") {
    throw expected(`${what}.jitter`, "a boolean or a function", jitter);
  }
  return { initial, factor, max, jitter: jitter as Backoff["jitter"] };
}

/**
 * Returns how long to wait.
 *
 * @param earlier - How many waits there were before, for each of which the wait grows.
 * @param what - What messages call the backoff.
 */
export function delayBefore(earlier: number, backoff: Backoff | undefined, what: string): number {
  if (backoff === undefined) return 0;
  const { initial = 1_000, factor = 2, max = 30_000, jitter = true } = backoff;
  if (initial === 0) return 0; // `0 * Infinity` would be `NaN`
  const delay = Math.min(max, Number.MAX_VALUE, initial * factor ** earlier);
  if (jitter === false) return delay;
  const share: unknown = jitter === true ? Math.random() : jitter();
  if (typeof share === "number" && share >= 0 && share <= 1) return delay * share;
  throw new RangeError(`${what}.jitter must return a number from 0 to 1, got ${describeValue(share)}.`);
}
