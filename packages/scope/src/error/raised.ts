import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "./cancelled-error.js";
import { isMadeOfReason } from "./is-cancellation.js";
import type { Task } from "../task/task.js";

/*
 * Errors that a cancelled task replaced by the reason of its cancellation (S15). They are kept in maps, because few tasks have one, and a field
 * would cost every task a word.
 */

/** By the scope of a task: the error that its function threw, if the task has another error in its place. */
const raised = new WeakMap<CancelScope, unknown>();

/** By the scope of a task: the first error that `settle` replaced in it, and the reason by which it was replaced. */
const replaced = new WeakMap<CancelScope, { readonly reason: CancelledError; readonly error: unknown }>();

/** Records that `settle` replaced an error in this scope. The record is kept for the innermost task that contains the scope. */
export function noteReplaced(scope: CancelScope, reason: CancelledError, error: unknown): void {
  for (let node: CancelScope | undefined = scope; node !== undefined; node = node._parent) {
    const subject = node._label;
    if (typeof subject !== "object" || subject.kind !== "task") continue;
    // Only the first is kept. If several waits are cancelled, the function usually ends with the error of the first.
    if (replaced.get(node)?.reason !== reason) replaced.set(node, { reason, error });
    return;
  }
}

/** Records the error with which a task's function ended, because the task keeps another error. */
export function noteRaised(scope: CancelScope, error: unknown): void {
  raised.set(scope, error);
}

/**
 * Returns the reason of a task's scope, which the task keeps as its error. Records the error with which its function ended, if that is another one.
 */
export function cancelledBy(scope: CancelScope, error: unknown): CancelledError {
  const reason = scope._reason!;
  const note = replaced.get(scope);
  replaced.delete(scope);
  if (error !== reason) noteRaised(scope, error);
  else if (note?.reason === reason) noteRaised(scope, note.error);
  return reason;
}

/** Returns the error with which a task's function ended. `kept` is the error of the task, which is the same unless another one was recorded. */
export function raisedIn(scope: CancelScope, kept: unknown): unknown {
  return raised.has(scope) ? raised.get(scope) : kept;
}

/**
 * Returns the error with which the function of a cancelled task ended, if it was accepted as a cancellation only because of its shape or by
 * `settle`; otherwise `undefined`. Owners list these errors in `group.unwound` (S15).
 */
export function unwoundOf(task: Task<unknown>): unknown {
  const error = task.raised;
  const reason = task.scope._reason;
  if (task.status !== "cancelled" || reason === undefined || error === undefined || error === reason) return undefined;
  return isMadeOfReason(error, reason) ? undefined : error;
}
