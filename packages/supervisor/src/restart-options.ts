import { type Backoff, checkBackoff, checkNumber, expected } from "@selvage/scope/internal";

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
  /** How long to wait before a restart. The wait starts over once a run has lasted for `within`. Default: no wait. */
  readonly backoff?: Backoff | undefined;
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
  return {
    when,
    maxRestarts,
    within,
    backoff: backoff === undefined ? undefined : checkBackoff("restart.backoff", backoff),
  };
}
