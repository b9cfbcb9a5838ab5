import { limitAfter, limitAt, MOVE_ON, type TimeoutBody, type TimeoutOptions } from "./timeout.js";

/**
 * Gives `body` at most `ms` milliseconds, and resolves `undefined` if its deadline interrupted it. Otherwise it behaves as `timeout`, which rejects
 * in that case.
 *
 * **Cancellation**: an outer cancellation, or an explicit cancel of `timeout.scope`, passes as a `CancelledError`.
 *
 * Compare Trio's `move_on_after`.
 *
 * @throws {TypeError} Synchronously, if `ms` is `NaN` or not a number, `body` is not a function, or an option is of the wrong type.
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
  return limitAfter(ms, body, options, MOVE_ON);
}

/**
 * Gives `body` time until `when`, in milliseconds on the scope's clock (`now()`). Otherwise the same as {@link moveOnAfter}.
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
  return limitAt(when, body, options, MOVE_ON);
}
