import type { CancelScope } from "../cancel-scope.js";
import { CancelledError } from "../error/cancelled-error.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { FailedTask } from "../error/failed-task.js";
import { reasonOf } from "../run/absorb.js";
import { CANCEL_CALLED, cancelTree, CLOSED } from "./scope-tree.js";

/**
 * Makes the reason for a cancellation that is about to happen. A caller that cancels some scopes below first uses the same instance for them,
 * because each cancellation has one instance (S7).
 */
export function makeReason(scope: CancelScope, cause: unknown): CancelledError {
  return CancelledError._create(scope, cause);
}

/**
 * Cancels as `scope.cancel` does, but never throws: an owner must be able to end its tasks although a clock throws (C1). The end of the scope
 * reads the clock again, and fails with the error that the clock throws.
 */
export function cancelAnyway(scope: CancelScope, cause: unknown): void {
  if (mayCancel(scope)) cancelAll(scope, makeReason(scope, cause));
}

/** Cancels as {@link cancelAnyway} does, with a reason from {@link makeReason}. */
export function cancelFor(scope: CancelScope, reason: CancelledError): void {
  if (mayCancel(scope)) cancelAll(scope, reason);
}

function mayCancel(scope: CancelScope): boolean {
  const reason = reasonOf(scope); // checks the clock first, as `cancel` does (S9)
  if ((scope._flags & CLOSED) !== 0) return false;
  scope._flags |= CANCEL_CALLED;
  return reason === undefined;
}

function cancelAll(scope: CancelScope, reason: CancelledError): void {
  try {
    cancelTree(scope, reason);
  } catch (error) {
    reportUncaught(error); // from `clearTimer`: the cancellation itself is complete
  }
}

/**
 * Cancels the scope of an owner of tasks because a task failed. The `CancelledError` has the error as its `cause`, and its message
 * names the task (E8): `"page" was cancelled: task "load user" failed: no such user`.
 *
 * @param task - The name of the task; `undefined` for the body of the owner.
 *
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { cancelBecause } from "@selvage/scope/internal";
 *
 * const scope = new CancelScope({ name: "page" });
 * const error = new Error("no such user");
 * cancelBecause(scope, error, "load user");
 * console.assert(scope.reason?.cause === error);
 * console.assert(scope.reason?.message === '"page" was cancelled: task "load user" failed: no such user');
 * ```
 */
export function cancelBecause(scope: CancelScope, error: unknown, task: string | undefined): void {
  cancelAnyway(scope, new FailedTask(error, task));
}
