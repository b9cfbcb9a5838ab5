import { ExceptionGroup } from "@selvage/scope";
import { escapeText, ownMessage, quoteName } from "@selvage/scope/internal";

/**
 * The error of a `retry` whose attempts or time are exhausted. Its `errors` are the failures of all attempts, in order. If the time was up while an
 * attempt ran, the last one is a `TimeoutError`.
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
  /** How many attempts began. */
  readonly attempts: number;
  /** How long it took, in milliseconds. */
  readonly elapsed: number;

  /** @internal */
  constructor(errors: readonly unknown[], attempts: number, elapsed: number, name: string | undefined) {
    const last = errors.at(-1);
    const text = typeof last === "string" ? last : ownMessage(last);
    const who = name === undefined ? "" : `${quoteName(name)} `;
    const times = `${attempts} ${attempts === 1 ? "attempt" : "attempts"}`;
    const why = text === undefined || text === "" ? "" : `: ${escapeText(text, 500)}`;
    super(`${who}failed after ${times} in ${Math.round(elapsed)} ms${why}`, errors);
    this.attempts = attempts;
    this.elapsed = elapsed;
  }
}

Object.defineProperty(RetryError.prototype, "name", { value: "RetryError" });
