import type { CancelScope } from "../cancel-scope.js";

/*
 * Waits that a cancellation does not end (`settle`, `checkpoint`, `acquire`). They are not in the scope's list of waiters, because a cancellation
 * empties it. They are counted in a map, because few scopes have one, and a field would cost every scope a word.
 */
const counts = new WeakMap<CancelScope, number>();

/** Records that a wait begins in the scope. The scope may be cancelled. */
export function beginWait(scope: CancelScope): void {
  counts.set(scope, (counts.get(scope) ?? 0) + 1);
}

/** Records that a wait has ended. */
export function endWait(scope: CancelScope): void {
  const left = counts.get(scope)! - 1;
  if (left > 0) counts.set(scope, left);
  else counts.delete(scope);
}

/** Whether the scope has a pending wait: one of these, or a `sleep` or `race` (S16). Listeners do not count. */
export function hasWaits(scope: CancelScope): boolean {
  if (counts.has(scope)) return true;
  for (let waiter = scope._waiters; waiter !== undefined; waiter = waiter.next) {
    if (waiter.isWait) return true;
  }
  return false;
}
