import { describeValue } from "@selvage/scope/lowlevel";

/** Whether and how a task is started again when it has ended. */
export interface RestartPolicy {
  /** `"always"`: whenever it ends; `"on-failure"`: only when it fails. A cancelled task is never restarted. */
  readonly when: "always" | "on-failure";
  /** How many restarts are allowed within `within` milliseconds; one more, and the task fails with a `RestartLimitError`. */
  readonly maxRestarts: number;
  /** The length of the sliding window, in milliseconds on the supervisor's clock: restarts longer ago are forgotten. */
  readonly within: number;
  /** How long to wait before a restart. Default: not at all. */
  readonly backoff?: Backoff | undefined;
}

/** How long to wait before a restart: longer with every restart in the window. */
export interface Backoff {
  /** The wait before the first restart, in milliseconds. */
  readonly initial: number;
  /** What it grows by with every further restart in the window. */
  readonly factor: number;
  /** The longest wait, in milliseconds. */
  readonly max: number;
  /**
   * Full jitter: the wait is anything between nothing and the time above, so that what failed together does not come back together.
   * A function is the source of randomness, from 0 to 1; `true` is `Math.random`. Default: `false`.
   */
  readonly jitter?: boolean | (() => number) | undefined;
}

/** What is to be done when a run has ended. */
export type RestartDecision =
  | { readonly action: "end" }
  | { readonly action: "restart"; readonly delay: number; readonly restarts: readonly number[] }
  | { readonly action: "give up"; readonly restarts: readonly number[] };

/**
 * Decides what follows the end of a run (V9): a pure function of its arguments, but for the policy's source of randomness.
 *
 * The limit is OTP's intensity and period as a true sliding window: `restarts` are the times at which the runs began that count, so
 * that a task which has run for longer than the window before it failed has a clean sheet.
 *
 * @param restarts - When the task was restarted before, as the last decision has it.
 */
export function decideRestart(
  policy: RestartPolicy,
  restarts: readonly number[],
  outcome: "fulfilled" | "rejected",
  now: number,
): RestartDecision {
  if (policy.when === "on-failure" && outcome === "fulfilled") return { action: "end" };
  const recent = restarts.filter((time) => time > now - policy.within);
  if (recent.length >= policy.maxRestarts) return { action: "give up", restarts: recent };
  const delay = delayBefore(recent.length, policy.backoff);
  const counted = policy.maxRestarts === Infinity ? recent.slice(-MOST_REMEMBERED) : recent;
  return { action: "restart", delay, restarts: [...counted, now + delay] };
}

/** Without a limit they are counted for the backoff alone, which has long reached its longest wait by then. */
const MOST_REMEMBERED = 1_000;

function delayBefore(earlier: number, backoff: Backoff | undefined): number {
  if (backoff === undefined || backoff.initial === 0) return 0; // infinitely often 0 is no number
  const { initial, factor, max, jitter = false } = backoff;
  const delay = Math.min(max, Number.MAX_VALUE, initial * factor ** earlier);
  if (jitter === false) return delay;
  const share: unknown = jitter === true ? Math.random() : jitter();
  if (typeof share === "number" && share >= 0 && share <= 1) return delay * share;
  throw new RangeError(`restart.backoff.jitter must return a number from 0 to 1, got ${describeValue(share)}.`);
}

/** Checks a policy before anything is started under it. */
export function checkRestart(policy: unknown): void {
  if (typeof policy !== "object" || policy === null) throw expected("restart", "an object", policy);
  const { when, maxRestarts, within, backoff } = policy as Record<keyof RestartPolicy, unknown>;
  if (when !== "always" && when !== "on-failure") throw expected("restart.when", '"always" or "on-failure"', when);
  checkNumber("restart.maxRestarts", maxRestarts, 0);
  if (maxRestarts !== Infinity && !Number.isInteger(maxRestarts)) {
    throw new RangeError(`restart.maxRestarts must be a whole number or Infinity, got ${String(maxRestarts)}.`);
  }
  checkNumber("restart.within", within, 0);
  if (backoff === undefined) return;
  if (typeof backoff !== "object" || backoff === null) throw expected("restart.backoff", "an object", backoff);
  const { initial, factor, max, jitter = false } = backoff as Record<keyof Backoff, unknown>;
  checkNumber("restart.backoff.initial", initial, 0);
  checkNumber("restart.backoff.factor", factor, 1);
  checkNumber("restart.backoff.max", max, 0);
  if (typeof jitter !== "boolean" && typeof jitter !== "function") {
    throw expected("restart.backoff.jitter", "a boolean or a function", jitter);
  }
}

function expected(what: string, kind: string, got: unknown): TypeError {
  return new TypeError(`${what} must be ${kind}, got ${describeValue(got)}.`);
}

function checkNumber(what: string, value: unknown, least: number): void {
  if (typeof value !== "number" || Number.isNaN(value)) throw expected(what, "a number", value);
  if (value < least) throw new RangeError(`${what} must be ${least} at least, got ${value}.`);
}
