import { brand } from "../support/brand.js";
import { TIMEOUT_ERROR } from "./is-cancellation.js";

/**
 * Thrown when the deadline of a `timeout`, or of an attempt of `retry`, interrupted its body. It is a failure, never a cancellation: no scope absorbs
 * it, and a group reports it. Its `cause` is the `CancelledError` of the expired scope.
 *
 * @example
 * ```ts
 * import { timeout, TimeoutError } from "@selvage/timeout";
 *
 * try {
 *   await timeout(10, ({ scope }) => scope.sleep(60_000));
 * } catch (error) {
 *   console.assert(error instanceof TimeoutError && error.message === "timed out after 10 ms");
 * }
 * ```
 */
export class TimeoutError extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "TimeoutError" });
    brand(this, TIMEOUT_ERROR);
  }
}
