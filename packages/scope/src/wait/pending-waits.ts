import type { CancelScope } from "../cancel-scope.js";

/*
 * Waits that a cancellation does not end (`settle`, `checkpoint`, `acquire`), so that they cannot be in the scope's list of waiters.
 * Counted beside the scope, because hardly any scope has one, and a field would cost every scope a word.
 */
const counts = new WeakMap<CancelScope, number>();

/** Something begins to wait in the scope, whether or not the scope is cancelled. */
export function beginWait(scope: CancelScope): void {
  counts.set(scope, (counts.get(scope) ?? 0) + 1);
}

/** It waits no more. */
export function endWait(scope: CancelScope): void {
  const left = counts.get(scope)! - 1;
  if (left > 0) counts.set(scope, left);
  else counts.delete(scope);
}

/** Whether something waits in the scope: one of these, or a `sleep` or `race` (S16). Listeners do not count. */
export function hasWaits(scope: CancelScope): boolean {
  if (counts.has(scope)) return true;
  for (let waiter = scope._waiters; waiter !== undefined; waiter = waiter.next) {
    if (waiter.isWait) return true;
  }
  return false;
}
