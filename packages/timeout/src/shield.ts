import type { CancelScope } from "@selvage/scope";
import { limitAfter, MOVE_ON, type TimeoutBody, type TimeoutOptions } from "./timeout.js";

/** Options of {@link shield}. */
export interface ShieldOptions extends TimeoutOptions {
  /** The scope or signal whose cancellation must not reach the body. A parent scope still waits for the body. */
  readonly parent: CancelScope | AbortSignal | null | undefined;
}

/**
 * Gives cleanup bounded time: runs `body` in a scope that outer cancellation does not reach, for at most `ms` milliseconds.
 *
 * Resolves with the body's value, or with `undefined` if its deadline interrupted it. Outside, a cancelled scope stays cancelled, and its next
 * checkpoint throws. The body's deadline keeps the process alive. With `null` or `Infinity` there is no limit.
 *
 * **Cancellation**: outer cancellation and outer deadlines do not reach the body. An explicit cancel of its scope passes as a `CancelledError`.
 *
 * Compare Trio's `move_on_after(seconds, shield=True)`, which Trio recommends for cleanup.
 *
 * @throws {TypeError} Synchronously, if `ms` is `NaN` or not a number, `body` is not a function, or an option is of the wrong type.
 * @throws {ClosedError} Synchronously, if the parent is closed.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { shield } from "@selvage/timeout";
 *
 * const log: string[] = [];
 * await CancelScope.run(async (scope) => {
 *   try {
 *     scope.cancel("the client left");
 *     await scope.sleep(60_000);
 *   } finally {
 *     await shield(1_000, ({ scope: cleanup }) => cleanup.sleep(1).then(() => log.push("rolled back")), { parent: scope });
 *   }
 * });
 * console.assert(log.join() === "rolled back");
 * ```
 */
export function shield<T>(ms: number | null, body: TimeoutBody<T>, options: ShieldOptions): Promise<T | undefined> {
  if ((options as unknown) === undefined)
    throw new TypeError("The options must be an object with a parent, got undefined.");
  return limitAfter(ms, body, options, MOVE_ON, true);
}
