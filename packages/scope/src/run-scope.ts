import type { CancelScope } from "./cancel-scope.js";
import type { CancelledError } from "./cancelled-error.js";
import { ownDeadlinePassed } from "./deadline.js";
import { callIn } from "./enclosing.js";
import { InvalidStateError } from "./errors.js";
import { ExceptionGroup } from "./exception-group.js";
import { containsForeignCancellation, isCancellation } from "./is-cancellation.js";
import { countsAsLive } from "./liveness.js";
import { closeStandIn } from "./scope-options.js";
import { CANCEL_CALLED, CANCELLED_CAUGHT, CLOSED, STARTED, unlink } from "./scope-tree.js";
import { lookAtClocks } from "./timer-queue.js";
import { closeWaiters } from "./waiter.js";

/**
 * Runs a body to its end in a scope, and decides whose the outcome is (S14). What the scope absorbs comes to `undefined`, unless `caught`
 * throws: it is called with the reason once the scope is closed.
 */
export async function runBody<A, T>(
  scope: CancelScope,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
  caught?: (reason: CancelledError, argument: A) => void,
): Promise<T | undefined> {
  scope._flags |= STARTED;
  let value: T;
  try {
    value = await callIn(scope, body, argument);
  } catch (error) {
    endFailed(scope, error);
    caught?.(scope._reason!, argument);
    return undefined;
  }
  const leftOpen = endScope(scope, false);
  if (leftOpen !== undefined) throw leftOpen;
  return value;
}

/** Ends a scope whose body has thrown, and throws unless the scope absorbs it. Apart, as what an async function names it keeps for as long as it waits. */
function endFailed(scope: CancelScope, error: unknown): void {
  const verdict = judge(scope, error);
  if (verdict === "own") scope._flags |= CANCELLED_CAUGHT;
  const leftOpen = endScope(scope, true);
  if (leftOpen !== undefined) {
    throw verdict === "failure" ? new ExceptionGroup("a run failed", [error, leftOpen]) : leftOpen;
  }
  if (verdict === "failure") throw error;
  if (verdict === "outer") throw scope._reason as Error;
}

/**
 * Whose affair a rejection of the work in a scope is: the scope's own cancellation, for it to absorb; an outer owner's, to be
 * passed on as `scope.reason`; or a failure.
 */
function judge(scope: CancelScope, error: unknown): "own" | "outer" | "failure" {
  if (!isCancellation(error, scope)) return "failure";
  const reason = scope.reason!;
  if (reason.scope !== scope) return "outer";
  return containsForeignCancellation(error, reason) ? "failure" : "own";
}

/** Closes a scope, unless scopes below are live (S16). */
export function closeScope(scope: CancelScope): void {
  if ((scope._flags & CLOSED) !== 0) return;
  lookAtClocks(); // first: listeners may open a scope here, or close this one
  const error = stillOpen(scope, false);
  if (error !== undefined) throw error;
  closeTree(scope);
}

/**
 * Closes a scope whose work has ended, and whose body was cancelled or has failed if `isCut`. Live scopes that it left open are
 * cancelled and cut off, and are the error returned (S16).
 */
export function endScope(scope: CancelScope, isCut: boolean): InvalidStateError | undefined {
  lookAtClocks();
  if ((scope._flags & CLOSED) !== 0) return undefined;
  const error = stillOpen(scope, isCut);
  scope._flags |= CLOSED; // first: listeners of what is cut off here can open nothing new
  if (error !== undefined) {
    for (const child of liveChildren(scope, isCut)) {
      if (child._parent !== scope) continue; // a listener has closed it
      unlink(child);
      child.cancel(error);
    }
  }
  closeTree(scope);
  return error;
}

/** The children that count as live, or may be open when their turn comes. No foreign code runs here. */
function liveChildren(scope: CancelScope, isCut: boolean): CancelScope[] {
  const live: CancelScope[] = [];
  for (let child = scope._firstChild; child !== undefined; child = child._next) {
    if (countsAsLive(child, isCut)) live.push(child);
  }
  return live;
}

/** The error of a scope that ends while scopes below are live. */
function stillOpen(scope: CancelScope, isCut: boolean): InvalidStateError | undefined {
  if (scope._firstChild === undefined) return undefined;
  const live = liveChildren(scope, isCut);
  const count = live.length;
  if (count === 0) return undefined;
  const names = live.slice(0, 5).map(({ name }) => (name === undefined ? "an unnamed scope" : JSON.stringify(name)));
  if (count > 5) names.push("…");
  return new InvalidStateError(
    `${count} ${count === 1 ? "scope is" : "scopes are"} still open in ${scope.name === undefined ? "a scope" : JSON.stringify(scope.name)} that ends: ` +
      `${names.join(", ")}. Close or await what you start in a scope before it ends.`,
  );
}

/** Closes a scope and all that is below it, where nothing is live: the deepest first. */
function closeTree(root: CancelScope): void {
  let node = root;
  for (;;) {
    while (node._firstChild !== undefined) node = node._firstChild;
    const parent = node._parent;
    detach(node);
    if (node === root) return;
    node = parent!;
  }
}

/** Takes a childless scope out of the tree and off the clock, which was looked at. */
function detach(scope: CancelScope): void {
  const parent = scope._parent;
  // One that is still armed has not passed: the clock was looked at just now.
  if (scope._deadline !== undefined && !scope._deadline.disarm() && ownDeadlinePassed(scope))
    scope._flags |= CANCEL_CALLED;
  scope._flags |= CLOSED;
  if (scope._waiters !== undefined) closeWaiters(scope); // first: one may want to know where the scope was
  if (parent !== undefined) {
    unlink(scope);
    closeStandIn(parent);
  }
}
