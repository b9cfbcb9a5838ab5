import type { CancelScope } from "../cancel-scope.js";
import { hasWaits } from "../wait/pending-waits.js";
import { nextBelow, RUNNING } from "../tree/scope-tree.js";

/**
 * Whether a scope counts as live if it is left open in a scope that ends (S16).
 *
 * An owner without tasks counts only if something below it does. If the body of the ending scope was cancelled or has failed (`isCut`), every scope
 * counts only if something runs or waits in it or below it.
 */
export function countsAsLive(root: CancelScope, isCut: boolean): boolean {
  for (let node: CancelScope | undefined = root; node !== undefined; node = nextBelow(node, root)) {
    if (isBusy(node) || (!isCut && !isOwner(node))) return true;
  }
  return false;
}

/** Whether something runs or waits in a scope below this one (S16). */
export function isBusyBelow(scope: CancelScope): boolean {
  for (let child = scope._firstChild; child !== undefined; child = child._next) {
    if (countsAsLive(child, true)) return true;
  }
  return false;
}

/** Whether the scope has a pending wait, or a body or a task, even a queued one. Scopes below are not considered. */
function isBusy(scope: CancelScope): boolean {
  const label = scope._label;
  const isTask = typeof label === "object" && label.kind === "task";
  return isTask || (scope._flags & RUNNING) !== 0 || hasWaits(scope);
}

/** Whether the scope belongs to an owner of tasks. */
function isOwner(scope: CancelScope): boolean {
  const label = scope._label;
  return typeof label === "object" && label.isOwner === true;
}
