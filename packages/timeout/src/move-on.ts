import { limitAfter, limitAt, throwExplicit, type TimeoutBody, type TimeoutOptions } from "./timeout.js";

/**
 * Gives `body` at most `ms` milliseconds, and resolves `undefined` if its own deadline cut it short; otherwise as `timeout`,
 * which fails instead.
 *
 * **Cancellation**: an outer cancellation, or an explicit cancel of `timeout.scope`, passes as the `CancelledError` that it is.
 *
 * Kin: Trio's `move_on_after`.
 *
 * @throws {TypeError} Synchronously, where `ms` is `NaN` or no number, `body` no function, or an option wrong.
 * @example
 * ```ts
 * import { moveOnAfter } from "@selvage/timeout";
 *
 * const cached = await moveOnAfter(10, async ({ scope }) => {
 *   await scope.sleep(60_000);
 *   return "from the cache";
 * });
 * console.assert(cached === undefined);
 * ```
 */
export function moveOnAfter<T>(
  ms: number | null,
  body: TimeoutBody<T>,
  options: TimeoutOptions = {},
): Promise<T | undefined> {
  return limitAfter(ms, body, options, throwExplicit);
}

/**
 * Gives `body` until the time `when`, in milliseconds on the scope's clock (`now()`); otherwise as {@link moveOnAfter}.
 *
 * @example
 * ```ts
 * import { now } from "@selvage/scope";
 * import { moveOnAt } from "@selvage/timeout";
 *
 * await moveOnAt(now() + 10, ({ scope }) => scope.sleep(60_000));
 * ```
 */
export function moveOnAt<T>(
  when: number | null,
  body: TimeoutBody<T>,
  options: TimeoutOptions = {},
): Promise<T | undefined> {
  return limitAt(when, body, options, throwExplicit);
}
