import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "./cancelled-error.js";
import { isMadeOfReason } from "./is-cancellation.js";
import type { Task } from "../task/task.js";

/*
 * The errors that a task does not keep (S15). They are kept beside the tasks, because hardly any task has one, and a field would
 * cost every task a word.
 */

/** What a task's function threw, where the task has something else in its place. By the scope of the task. */
const raised = new WeakMap<CancelScope, unknown>();

/** The first error that `settle` has replaced in a task, and the reason that took its place. By the scope of the task. */
const replaced = new WeakMap<CancelScope, { readonly reason: CancelledError; readonly error: unknown }>();

/** Notes that `settle` has replaced an error in this scope, for the task that the scope belongs to. */
export function noteReplaced(scope: CancelScope, reason: CancelledError, error: unknown): void {
  for (let node: CancelScope | undefined = scope; node !== undefined; node = node._parent) {
    const subject = node._label;
    if (typeof subject !== "object" || subject.kind !== "task") continue;
    // The first: where several waits are cancelled, that is the one with which the function usually ends.
    if (replaced.get(node)?.reason !== reason) replaced.set(node, { reason, error });
    return;
  }
}

/** Notes with what a task's function ended, as the task will have something else in its place. */
export function noteRaised(scope: CancelScope, error: unknown): void {
  raised.set(scope, error);
}

/** The reason of a task's scope, which the task keeps in place of the error with which its function ended. Notes that error if it is another. */
export function cancelledBy(scope: CancelScope, error: unknown): CancelledError {
  const reason = scope._reason!;
  const note = replaced.get(scope);
  replaced.delete(scope);
  if (error !== reason) noteRaised(scope, error);
  else if (note?.reason === reason) noteRaised(scope, note.error);
  return reason;
}

/** With what a task's function ended, if it is not what the task keeps. */
export function raisedIn(scope: CancelScope, kept: unknown): unknown {
  return raised.has(scope) ? raised.get(scope) : kept;
}

/**
 * The error with which a cancelled task really ended, if nothing but its shape, or `settle`, made it a cancellation; otherwise
 * `undefined`. What an owner lists in `group.unwound` (S15).
 */
export function unwoundOf(task: Task<unknown>): unknown {
  const error = task.raised;
  const reason = task.scope._reason;
  if (task.status !== "cancelled" || reason === undefined || error === undefined || error === reason) return undefined;
  return isMadeOfReason(error, reason) ? undefined : error;
}
