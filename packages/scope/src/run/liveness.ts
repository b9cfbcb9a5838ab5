import type { CancelScope } from "../cancel-scope.js";
import { hasWaits } from "../wait/pending-waits.js";
import { nextBelow, RUNNING } from "../tree/scope-tree.js";

/**
 * Whether a scope that is left open in one that ends counts as live (S16).
 *
 * An owner without tasks does not, unless something below it does. Where the body of the scope that ends was cancelled or has failed
 * (`isCut`), any scope counts only if something runs or waits in it or below it.
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

/** Whether a body or a task runs in the scope itself, a task waits its turn, or something waits. */
function isBusy(scope: CancelScope): boolean {
  const subject = scope._label;
  const isTask = typeof subject === "object" && subject.kind === "task";
  return isTask || (scope._flags & RUNNING) !== 0 || hasWaits(scope);
}

/** An owner of tasks. Each of its tasks has its own scope, below the owner's. */
function isOwner(scope: CancelScope): boolean {
  const subject = scope._label;
  return typeof subject === "object" && subject.isOwner === true;
}
