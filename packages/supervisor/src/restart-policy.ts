import { describeValue } from "@selvage/scope/internal";

/** Whether and how a task is started again when it has ended. */
export interface RestartPolicy {
  /** `"always"`: whenever it ends. `"on-failure"`: only when it fails. A cancelled task is never restarted. */
  readonly when: "always" | "on-failure";
  /** How many restarts are allowed within `within` milliseconds. If another one is needed, the task fails with a `RestartLimitError`. */
  readonly maxRestarts: number;
  /**
   * The length of the sliding window, in milliseconds on the supervisor's clock. Earlier restarts do not count, and neither does the time during
   * which the task waits to be restarted.
   */
  readonly within: number;
  /** How long to wait before a restart. Default: no wait. */
  readonly backoff?: Backoff | undefined;
}

/** How long to wait before a restart. The wait grows with every restart. It starts over once a run has lasted for the policy's `within`. */
export interface Backoff {
  /** The wait before the first restart, in milliseconds. Default: 1,000. */
  readonly initial?: number | undefined;
  /** The factor by which it grows with every further restart. Default: 2. */
  readonly factor?: number | undefined;
  /** The longest wait, in milliseconds. Default: 30,000. */
  readonly max?: number | undefined;
  /**
   * Full jitter: the wait is a random time between 0 and the time above, so that tasks which failed together do not restart together. A function
   * returns the random number, from 0 to 1. `true` means `Math.random`. Default: `true`.
   */
  readonly jitter?: boolean | (() => number) | undefined;
}

/** Checks a policy, and returns a copy, because the caller may change the original. */
export function checkRestart(policy: unknown): RestartPolicy {
  if (typeof policy !== "object" || policy === null) throw expected("restart", "an object", policy);
  const { when, maxRestarts, within, backoff } = policy as Record<keyof RestartPolicy, unknown>;
  if (when !== "always" && when !== "on-failure") throw expected("restart.when", '"always" or "on-failure"', when);
  checkNumber("restart.maxRestarts", maxRestarts, 0);
  if (maxRestarts !== Infinity && !Number.isInteger(maxRestarts)) {
    throw new RangeError(`restart.maxRestarts must be a whole number or Infinity, got ${String(maxRestarts)}.`);
  }
  checkNumber("restart.within", within, 0);
  return { when, maxRestarts, within, backoff: backoff === undefined ? undefined : checkBackoff(backoff) };
}

function checkBackoff(backoff: unknown): Backoff {
  if (typeof backoff !== "object" || backoff === null) throw expected("restart.backoff", "an object", backoff);
  const { initial, factor, max, jitter } = backoff as Record<keyof Backoff, unknown>;
  if (initial !== undefined) checkNumber("restart.backoff.initial", initial, 0);
  if (factor !== undefined) checkNumber("restart.backoff.factor", factor, 1);
  if (max !== undefined) checkNumber("restart.backoff.max", max, 0);
  if (jitter !== undefined && typeof jitter !== "boolean" && typeof jitter !== "function") {
    throw expected("restart.backoff.jitter", "a boolean or a function", jitter);
  }
  return { initial, factor, max, jitter: jitter as Backoff["jitter"] };
}

function expected(what: string, kind: string, got: unknown): TypeError {
  return new TypeError(`${what} must be ${kind}, got ${describeValue(got)}.`);
}

function checkNumber(what: string, value: unknown, least: number): asserts value is number {
  if (typeof value !== "number" || Number.isNaN(value)) throw expected(what, "a number", value);
  if (value < least) throw new RangeError(`${what} must be at least ${least}, got ${value}.`);
}
