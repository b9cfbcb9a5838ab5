import type { CancelScope } from "./cancel-scope.js";

/** The reason of a scope that is cancelled because a task below it, or its body, has failed. `CancelledError` unwraps it. */
export class FailedTask {
  readonly #made = true;

  readonly error: unknown;
  /** The name; `undefined` for the body of the owner. */
  readonly task: string | undefined;

  constructor(error: unknown, task: string | undefined) {
    this.error = error;
    this.task = task;
  }

  /** Whether a value is one. Not `instanceof`, which a proxy can answer, or make throw. */
  static is(value: unknown): value is FailedTask {
    return typeof value === "object" && value !== null && #made in value;
  }
}

/**
 * Cancels the scope of an owner of tasks because one has failed. The `CancelledError` has the error as its `cause`, and its message
 * names the task (E8): `"page" was cancelled: task "load user" failed: no such user`.
 *
 * @param task - The name of the task; `undefined` for the body of the owner.
 *
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { cancelBecause } from "@selvage/scope/lowlevel";
 *
 * const scope = new CancelScope({ name: "page" });
 * const error = new Error("no such user");
 * cancelBecause(scope, error, "load user");
 * console.assert(scope.reason?.cause === error);
 * console.assert(scope.reason?.message === '"page" was cancelled: task "load user" failed: no such user');
 * ```
 */
export function cancelBecause(scope: CancelScope, error: unknown, task: string | undefined): void {
  scope.cancel(new FailedTask(error, task));
}
