import { checkFunction, rejectIfClosed } from "@selvage/scope/internal";
import { checkRetry, type RetryFunction, type RetryOptions } from "./retry-options.js";
import { Retry } from "./retrying.js";

/**
 * Calls `fn` until it succeeds. Each attempt runs in its own scope, and is waited for before the next one begins. The first one begins at once.
 *
 * `timeout` and the deadlines of outer scopes bound the whole, waits included. No attempt begins after them, and a wait that would not end before
 * them is not entered: the call then rejects at once with the failures it has. They keep the process alive, as does a wait.
 *
 * **Cancellation**: a cancellation of the parent is passed on at once, and never retried, whatever wraps it. It ends a wait at once, and a running
 * attempt is waited for. If that attempt fails with an error that is not the cancellation, the call rejects with a `RetryError`. An attempt that
 * exceeds its own `attemptTimeout` fails with a `TimeoutError`, which is retried. If `fn` cancels its own scope, the call rejects with that
 * `CancelledError`.
 *
 * Compare Polly's retry, and Go's `backoff`.
 *
 * @throws {TypeError | RangeError} Synchronously, if an argument is wrong; rejects, if `retryIf`, `delayFor` or `backoff.jitter` returns a wrong value.
 * @throws {ClosedError} If the parent is closed.
 * @throws {RetryError} If attempts or time are exhausted. It is a group of the failures of all attempts.
 * @throws The error of an attempt for which `retryIf` returned false, or the error of a callback.
 * @example
 * ```ts
 * import { retry } from "@selvage/retry";
 *
 * const answer = await retry(
 *   async (scope, attempt) => {
 *     await scope.sleep(1);
 *     if (attempt < 3) throw new Error("busy");
 *     return attempt;
 *   },
 *   { attempts: 5, timeout: 10_000, backoff: { initial: 1 } },
 * );
 * console.assert(answer === 3);
 * ```
 */
export function retry<T>(fn: RetryFunction<T>, options?: RetryOptions): Promise<T> {
  checkFunction(fn, "The function to retry");
  const retrying = new Retry(fn, checkRetry(options));
  try {
    return retrying.run();
  } catch (error) {
    return rejectIfClosed(error);
  }
}
