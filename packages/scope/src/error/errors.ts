import { brand } from "../support/brand.js";

/**
 * Thrown when something is asked of an owner that is closed, shutting down or finished: nothing can be added to it any more.
 *
 * Thrown synchronously, before anything has changed (by `sleep` and `race`, which wait, as a rejection). Make a new scope,
 * group or supervisor, or finish later.
 *
 * @example
 * ```ts
 * import { CancelScope, ClosedError } from "@selvage/scope";
 *
 * const scope = new CancelScope();
 * scope.close();
 * try {
 *   new CancelScope({ parent: scope });
 * } catch (error) {
 *   console.assert(error instanceof ClosedError);
 * }
 * ```
 */
export class ClosedError extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "ClosedError" });
    brand(this, "@selvage/scope/ClosedError");
  }
}

/**
 * Thrown when the right object is used at the wrong moment: the result of a pending task, a second `run`, a scope closed over
 * its live children.
 *
 * Thrown synchronously, before anything has changed; the message says what to do instead.
 *
 * @example
 * ```ts
 * import { CancelScope, InvalidStateError } from "@selvage/scope";
 *
 * const scope = new CancelScope();
 * await scope.run(() => "once");
 * try {
 *   void scope.run(() => "twice");
 * } catch (error) {
 *   console.assert(error instanceof InvalidStateError);
 * }
 * ```
 */
export class InvalidStateError extends Error {
  static {
    Object.defineProperty(this.prototype, "name", { value: "InvalidStateError" });
    brand(this, "@selvage/scope/InvalidStateError");
  }
}
