import { ExceptionGroup } from "@selvage/scope";
import { brand, escapeText, outline, quoteName } from "@selvage/scope/internal";

/**
 * The error of a `retry` whose attempts or time are exhausted. Its `errors` are the failures of the attempts, in order. If the time was up while an
 * attempt ran, the last one is a `TimeoutError`. Of more than 1,000 failures, it has the last 1,000.
 *
 * It is an `ExceptionGroup`, so `except` and `split` of `@selvage/exception-group` sort its failures. Its message names the last one.
 *
 * @example
 * ```ts
 * import { retry, RetryError } from "@selvage/retry";
 *
 * try {
 *   await retry(() => Promise.reject(new Error("refused")), { attempts: 2, backoff: { initial: 1 } });
 * } catch (error) {
 *   console.assert(error instanceof RetryError && error.attempts === 2 && error.errors.length === 2);
 * }
 * ```
 */
export class RetryError extends ExceptionGroup {
  /** How many attempts began. It is 0 if there was no time for the first one. */
  readonly attempts: number;
  /** How long it took, in milliseconds. */
  readonly elapsed: number;

  /** @internal */
  constructor(
    message: string,
    errors: Iterable<unknown>,
    attempts: number,
    elapsed: number,
    options?: { readonly cause?: unknown },
  ) {
    super(message, errors, options);
    this.attempts = attempts;
    this.elapsed = elapsed;
  }

  /** Makes a `RetryError` with other failures and the same fields, for `split` and `except`. */
  override derive(errors: Iterable<unknown>): RetryError {
    return new RetryError(this.message, errors, this.attempts, this.elapsed, this);
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "RetryError" });
    brand(this, "@selvage/retry/RetryError");
  }
}

/** The message of a `RetryError`. It contains only names and own data, as all messages do that Selvage makes of errors (E8). */
export function messageOf(name: string | undefined, attempts: number, elapsed: number, last: unknown): string {
  const who = name === undefined ? "" : `${quoteName(name)} `;
  const times = `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`;
  const why = typeof last === "string" ? escapeText(last, 100) : outline(last);
  return `${who}failed after ${times} in ${Math.round(elapsed)} ms: ${why}`;
}
