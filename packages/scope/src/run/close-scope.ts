import type { CancelScope } from "../cancel-scope.js";
import { CancelledError } from "../error/cancelled-error.js";
import { leaveChain, look, ownDeadlinePassed } from "../time/deadline.js";
import { InvalidStateError } from "../error/errors.js";
import { quoteName } from "../error/escape.js";
import { ExceptionGroup } from "../error/exception-group.js";
import { countsAsLive } from "./liveness.js";
import { closeSignalScope } from "../tree/signal-scope.js";
import { observer, type ScopeEnd } from "../tree/observer.js";
import { CANCEL_CALLED, cancelTree, CLOSED, unlink } from "../tree/scope-tree.js";
import { closeWaiters } from "../tree/waiter.js";

/** Closes a scope, unless scopes below it are live (S16). If its clock throws, the call throws that error, and the scope stays open. */
export function closeScope(scope: CancelScope): void {
  if ((scope._flags & CLOSED) !== 0) return;
  look(scope); // first, because listeners may open a scope below or close this one
  const error = stillOpen(scope, false);
  if (error !== undefined) throw error;
  noteDeadline(scope);
  leaveChain(scope);
  closeTree(scope, undefined, undefined);
}

/**
 * Closes a scope whose work has ended. Live scopes that were left open below it are cancelled and detached (S16). Returns the error with which the
 * work fails because of them, or because a clock threw (C1); otherwise `undefined`.
 *
 * @param isCut - Whether the body was cancelled or has failed.
 * @param error - The error with which the work failed, for observers.
 */
export function endScope(scope: CancelScope, isCut: boolean, error?: unknown): unknown {
  let failure = failing(undefined, look, scope);
  if ((scope._flags & CLOSED) !== 0) return failure;
  const leftOpen = stillOpen(scope, isCut);
  scope._flags |= CLOSED; // first, so that listeners of the detached scopes cannot open new scopes below
  if (leftOpen !== undefined) {
    failure = failing(failure, rethrow, leftOpen);
    for (const child of liveChildren(scope, isCut)) {
      if (child._parent !== scope) continue; // a listener closed it
      unlink(child);
      failure = failing(failure, look, child);
      failure = failing(failure, cancelWith(leftOpen), child);
    }
  }
  failure = failing(failure, noteDeadline, scope);
  failure = failing(failure, leaveChain, scope);
  return closeTree(scope, failure, error);
}

/** Runs one step of an end that must be completed. If the step throws, its error is added to the failure of earlier steps. */
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
    if (scope._reason === undefined) cancelTree(scope, CancelledError._create(scope, cause));
  };
}

/** Records whether the own deadline of a cancelled scope has passed, before the scope closes (S1). */
function noteDeadline(scope: CancelScope): void {
  if (scope._reason !== undefined && ownDeadlinePassed(scope)) scope._flags |= CANCEL_CALLED;
}

/** Returns the children that count as live. It runs no foreign code. */
function liveChildren(scope: CancelScope, isCut: boolean): CancelScope[] {
  const live: CancelScope[] = [];
  for (let child = scope._firstChild; child !== undefined; child = child._next) {
    if (countsAsLive(child, isCut)) live.push(child);
  }
  return live;
}

/** Returns the error of a scope that ends while scopes below it are live; `undefined` if none are. */
function stillOpen(scope: CancelScope, isCut: boolean): InvalidStateError | undefined {
  if (scope._firstChild === undefined) return undefined;
  const live = liveChildren(scope, isCut);
  const count = live.length;
  if (count === 0) return undefined;
  const names = live.slice(0, 5).map(({ name }) => (name === undefined ? "an unnamed scope" : quoteName(name)));
  if (count > 5) names.push("…");
  return new InvalidStateError(
    `${count} ${count === 1 ? "scope is" : "scopes are"} still open in ${scope.name === undefined ? "a scope" : quoteName(scope.name)} that ends: ` +
      `${names.join(", ")}. Close or await what you start in a scope before it ends.`,
  );
}

/** Closes a scope that has no live scopes below it, and the scopes below it, the deepest first. The root has already left its chain of deadlines. */
function closeTree(root: CancelScope, failure: unknown, error: unknown): unknown {
  let node = root;
  for (;;) {
    while (node._firstChild !== undefined) node = node._firstChild;
    const parent = node._parent;
    if (node !== root) {
      failure = failing(failure, noteDeadline, node);
      failure = failing(failure, leaveChain, node);
    }
    if (observer !== undefined) noteEnd(node, node === root ? (failure ?? error) : undefined);
    detach(node);
    if (node === root) return failure;
    node = parent!;
  }
}

/** Notifies the observers that a scope ends (N2). A task has its final status. */
function noteEnd(scope: CancelScope, error: unknown): void {
  const label = scope._label;
  const isTask = typeof label === "object" && label.kind === "task";
  const done = error === undefined ? (scope._reason === undefined ? "fulfilled" : "cancelled") : "rejected";
  const status = isTask ? (label.status as ScopeEnd["status"]) : done;
  observer!.closed?.(scope, error === undefined ? { status } : { status, error });
}

/** Removes a scope from the tree. It has no children, and has left its chain of deadlines. */
function detach(scope: CancelScope): void {
  const parent = scope._parent;
  scope._flags |= CLOSED;
  if (scope._waiters !== undefined) closeWaiters(scope); // first, because a waiter may read the scope's place in the tree
  if (parent !== undefined) {
    unlink(scope);
    closeSignalScope(parent);
  }
}
