import type { CancelScope, Clock } from "@selvage/scope";
import {
  type Backoff,
  checkBackoff,
  checkCount,
  checkFunction,
  checkName,
  checkParentOptions,
  checkTime,
} from "@selvage/scope/internal";
import { isCircuitOpen } from "./circuit-open-error.js";

/** The function that `retry` calls, with the attempt's own scope and its number, from 1. */
export type RetryFunction<T> = (scope: CancelScope, attempt: number) => T | PromiseLike<T>;

/** What `onRetry` receives. */
export interface RetryInfo {
  /** The number of the attempt that failed, from 1. */
  readonly attempt: number;
  /** How long the wait before the next attempt is, in milliseconds. */
  readonly delay: number;
}

/** Options of `retry`. */
export interface RetryOptions {
  /** The scope or signal whose cancellation ends it; `null` for none. Default: as for every scope. */
  readonly parent?: CancelScope | AbortSignal | null | undefined;
  /** How many attempts there are at most, the first included. A positive integer or `Infinity`. Default: 3. */
  readonly attempts?: number | undefined;
  /** How long the whole may take, waits included, in milliseconds. For 0 or less, no attempt begins. Default: no limit. */
  readonly timeout?: number | undefined;
  /** How long one attempt may take, in milliseconds. An attempt that ignores its scope is waited for. Default: no limit. */
  readonly attemptTimeout?: number | undefined;
  /** How long to wait between two attempts. Default: from 1,000 ms, doubled each time up to 30,000 ms, with full jitter. */
  readonly backoff?: Backoff | undefined;
  /** Whether an error is retried. It must not return a promise. Default: every error except a `CircuitOpenError`. */
  readonly retryIf?: ((error: unknown) => boolean) | undefined;
  /**
   * The wait after an error, in milliseconds, instead of that of `backoff`: see `retryAfter`. `undefined` leaves it to `backoff`, 0 or less does not
   * wait, and `Infinity` gives up.
   */
  readonly delayFor?: ((error: unknown) => number | undefined) | undefined;
  /** Called before each wait. An error that it throws ends the retry with that error. */
  readonly onRetry?: ((error: unknown, info: RetryInfo) => void) | undefined;
  /** The name that messages and `describeTree` use. */
  readonly name?: string | undefined;
  /** The clock of the scopes. Default: the parent's clock, or the platform's timers. */
  readonly clock?: Clock | undefined;
}

/** The options with their defaults. */
export interface CheckedRetry extends RetryOptions {
  readonly attempts: number;
  readonly retryIf: (error: unknown) => boolean;
}

/** The options of a call without options. One shared object saves an allocation per call. */
const DEFAULTS: CheckedRetry = checkRetry({});

/** Checks the options, and returns a copy, because the caller may change the original. */
export function checkRetry(options: RetryOptions | undefined): CheckedRetry {
  if (options === undefined) return DEFAULTS;
  checkParentOptions(options);
  const { parent, attempts = 3, timeout, attemptTimeout, backoff, name, clock } = options;
  const { retryIf = isRetried, delayFor, onRetry } = options;
  checkName(name, "name");
  if (attempts !== Infinity) checkCount("attempts", attempts);
  if (timeout !== undefined) checkTime(timeout, "timeout");
  if (attemptTimeout !== undefined) checkTime(attemptTimeout, "attemptTimeout");
  checkFunction(retryIf, "retryIf");
  if (delayFor !== undefined) checkFunction(delayFor, "delayFor");
  if (onRetry !== undefined) checkFunction(onRetry, "onRetry");
  const checked = backoff === undefined ? {} : checkBackoff("backoff", backoff);
  return { parent, attempts, timeout, attemptTimeout, backoff: checked, retryIf, delayFor, onRetry, name, clock };
}

function isRetried(error: unknown): boolean {
  return !isCircuitOpen(error);
}
