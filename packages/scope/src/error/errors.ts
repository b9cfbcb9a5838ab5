import { brand } from "../support/brand.js";

/**
 * Thrown when something is added to a scope or an owner of tasks that is closed, shutting down or finished.
 *
 * It is thrown synchronously, before anything has changed. `sleep`, `race` and other waits reject with it instead. Make a new scope, group or
 * supervisor, or close this one later.
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
 * Thrown when an object is used at the wrong moment: the result of a pending task is read, a scope runs a second time, or a scope is closed while
 * it has live children.
 *
 * It is thrown synchronously, before anything has changed. The message says what to do instead.
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

/** Returns a rejection if a call could not open its scope because the parent is closed, and otherwise throws: a state rejects, and a mistake throws. */
export function rejectIfClosed(error: unknown): Promise<never> {
  if (error instanceof ClosedError) return Promise.reject(error);
  throw error;
}
