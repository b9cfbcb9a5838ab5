import type { CancelScope } from "./cancel-scope.js";
import { CancelledError } from "./cancelled-error.js";
import { leaveChain, look, ownDeadlinePassed } from "./deadline.js";
import { callIn } from "./enclosing.js";
import { InvalidStateError } from "./errors.js";
import { ExceptionGroup } from "./exception-group.js";
import { containsForeignCancellation, isCancellation } from "./is-cancellation.js";
import { closeStandIn } from "./scope-options.js";
import { CANCEL_CALLED, CANCELLED_CAUGHT, cancelTree, CLOSED, STARTED, unlink } from "./scope-tree.js";
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
  const failure = endScope(scope);
  if (failure !== undefined) throw failure as Error;
  return value;
}

/** Ends a scope whose body has thrown, and throws unless the scope absorbs it. Apart, as what an async function names it keeps for as long as it waits. */
function endFailed(scope: CancelScope, error: unknown): void {
  const verdict = judge(scope, error);
  if (verdict === "own") scope._flags |= CANCELLED_CAUGHT;
  const failure = endScope(scope);
  if (failure !== undefined) {
    throw verdict === "failure" ? new ExceptionGroup("a run failed", [error, failure]) : (failure as Error);
  }
  if (verdict === "failure") throw error;
  if (verdict === "outer") throw scope._reason as Error;
}

/**
 * Whose affair a rejection of the work in a scope is: the scope's own cancellation, for it to absorb; an outer owner's, to be
 * passed on as `scope.reason`; or a failure.
 */
function judge(scope: CancelScope, error: unknown): "own" | "outer" | "failure" {
  if (!isCutOf(scope, error)) return "failure";
  const reason = scope._reason!;
  if (reason.scope !== scope) return "outer";
  return containsForeignCancellation(error, reason) ? "failure" : "own";
}

/** Whether an error is a cancellation of the scope. One whose clock throws is not known to be cancelled. */
export function isCutOf(scope: CancelScope, error: unknown): boolean {
  try {
    return isCancellation(error, scope);
  } catch {
    return false; // the end of the scope asks the clock again, and fails with what it throws
  }
}

/** Closes a scope, unless scopes below are still open (S16). What its clock throws passes, and leaves it open. */
export function closeScope(scope: CancelScope): void {
  if ((scope._flags & CLOSED) !== 0) return;
  look(scope); // first: listeners may open a scope here, or close this one
  if (scope._firstChild !== undefined) throw stillOpen(scope);
  noteDeadline(scope);
  leaveChain(scope);
  detach(scope);
}

/**
 * Closes a scope whose work has ended, come what may. Returns what the work fails with for it: the error of scopes that were left open,
 * which are cancelled and detached, and what a clock has thrown.
 */
export function endScope(scope: CancelScope): unknown {
  let failure = failing(undefined, look, scope);
  if ((scope._flags & CLOSED) !== 0) return failure;
  const leftOpen = scope._firstChild === undefined ? undefined : stillOpen(scope);
  scope._flags |= CLOSED; // first: listeners of what is detached here can open nothing new
  if (leftOpen !== undefined) {
    failure = failing(failure, rethrow, leftOpen);
    for (let child = scope._firstChild; child !== undefined; child = scope._firstChild) {
      unlink(child);
      failure = failing(failure, look, child);
      failure = failing(failure, cancelWith(leftOpen), child);
    }
  }
  failure = failing(failure, noteDeadline, scope);
  failure = failing(failure, leaveChain, scope);
  detach(scope);
  return failure;
}

/** Takes a step of an ending that must come to its end, and adds what it throws to what has failed before. */
function failing<A>(failure: unknown, step: (argument: A) => void, argument: A): unknown {
  try {
    step(argument);
    return failure;
  } catch (error) {
    return failure === undefined ? error : new ExceptionGroup("a scope ended with several errors", [failure, error]);
  }
}

function rethrow(error: Error): never {
  throw error;
}

function cancelWith(cause: unknown): (scope: CancelScope) => void {
  return (scope) => {
    scope._flags |= CANCEL_CALLED;
    cancelTree(scope, CancelledError._create(scope, cause));
  };
}

/** A cancelled scope that closes: the last moment for its own deadline to pass (S1). */
function noteDeadline(scope: CancelScope): void {
  if (scope._reason !== undefined && ownDeadlinePassed(scope)) scope._flags |= CANCEL_CALLED;
}

function stillOpen(scope: CancelScope): InvalidStateError {
  const names: string[] = [];
  let count = 0;
  for (let child = scope._firstChild; child !== undefined; child = child._next) {
    if (++count <= 5) names.push(child.name === undefined ? "an unnamed scope" : `"${child.name}"`);
  }
  if (count > 5) names.push("…");
  return new InvalidStateError(
    `${count} ${count === 1 ? "scope is" : "scopes are"} still open in ${scope.name === undefined ? "a scope" : `"${scope.name}"`} that ends: ` +
      `${names.join(", ")}. Close or await what you start in a scope before it ends.`,
  );
}

/** Takes a childless scope that has left its clock out of the tree. */
function detach(scope: CancelScope): void {
  const parent = scope._parent;
  scope._flags |= CLOSED;
  if (scope._waiters !== undefined) closeWaiters(scope); // first: one may want to know where the scope was
  if (parent !== undefined) {
    unlink(scope);
    closeStandIn(parent);
  }
}
