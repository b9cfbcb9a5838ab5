import type { CancelScope } from "./cancel-scope.js";
import type { CancelledError } from "./cancelled-error.js";
import { ownDeadlinePassed } from "./deadline.js";
import { callIn } from "./enclosing.js";
import { InvalidStateError } from "./errors.js";
import { quoteName } from "./escape.js";
import { ExceptionGroup } from "./exception-group.js";
import { containsForeignCancellation, isCancellation } from "./is-cancellation.js";
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
  const leftOpen = endScope(scope);
  if (leftOpen !== undefined) throw leftOpen;
  return value;
}

/** Ends a scope whose body has thrown, and throws unless the scope absorbs it. Apart, as what an async function names it keeps for as long as it waits. */
function endFailed(scope: CancelScope, error: unknown): void {
  const verdict = judge(scope, error);
  if (verdict === "own") scope._flags |= CANCELLED_CAUGHT;
  const leftOpen = endScope(scope);
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

/** Closes a scope, unless scopes below are still open (S16). */
export function closeScope(scope: CancelScope): void {
  if ((scope._flags & CLOSED) !== 0) return;
  lookAtClocks(); // first: listeners may open a scope here, or close this one
  if (scope._firstChild !== undefined) throw stillOpen(scope);
  detach(scope);
}

/** Closes a scope whose work has ended. What it left open is cancelled and cut off, and is the error returned. */
export function endScope(scope: CancelScope): InvalidStateError | undefined {
  lookAtClocks();
  if ((scope._flags & CLOSED) !== 0) return undefined;
  const leftOpen = scope._firstChild === undefined ? undefined : stillOpen(scope);
  scope._flags |= CLOSED; // first: listeners of what is cut off here can open nothing new
  for (let child = scope._firstChild; child !== undefined; child = scope._firstChild) {
    unlink(child);
    child.cancel(leftOpen);
  }
  detach(scope);
  return leftOpen;
}

function stillOpen(scope: CancelScope): InvalidStateError {
  const names: string[] = [];
  let count = 0;
  for (let child = scope._firstChild; child !== undefined; child = child._next) {
    if (++count <= 5) names.push(child.name === undefined ? "an unnamed scope" : quoteName(child.name));
  }
  if (count > 5) names.push("…");
  return new InvalidStateError(
    `${count} ${count === 1 ? "scope is" : "scopes are"} still open in ${scope.name === undefined ? "a scope" : quoteName(scope.name)} that ends: ` +
      `${names.join(", ")}. Close or await what you start in a scope before it ends.`,
  );
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
