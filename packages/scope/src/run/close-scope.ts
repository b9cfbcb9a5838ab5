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

/** Closes a scope, unless scopes below are live (S16). What its clock throws passes, and leaves it open. */
export function closeScope(scope: CancelScope): void {
  if ((scope._flags & CLOSED) !== 0) return;
  look(scope); // first: listeners may open a scope here, or close this one
  const error = stillOpen(scope, false);
  if (error !== undefined) throw error;
  noteDeadline(scope);
  leaveChain(scope);
  closeTree(scope, undefined, undefined);
}

/**
 * Closes a scope whose work has ended, and whose body was cancelled or has failed if `isCut`. Returns what the work fails with because of that:
 * the error of live scopes that were left open, which are cancelled and detached (S16), and what a clock has thrown (C1).
 */
export function endScope(scope: CancelScope, isCut: boolean, error?: unknown): unknown {
  let failure = failing(undefined, look, scope);
  if ((scope._flags & CLOSED) !== 0) return failure;
  const leftOpen = stillOpen(scope, isCut);
  scope._flags |= CLOSED; // first: listeners of what is detached here can open nothing new
  if (leftOpen !== undefined) {
    failure = failing(failure, rethrow, leftOpen);
    for (const child of liveChildren(scope, isCut)) {
      if (child._parent !== scope) continue; // a listener has closed it
      unlink(child);
      failure = failing(failure, look, child);
      failure = failing(failure, cancelWith(leftOpen), child);
    }
  }
  failure = failing(failure, noteDeadline, scope);
  failure = failing(failure, leaveChain, scope);
  return closeTree(scope, failure, error);
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
    if (scope._reason === undefined) cancelTree(scope, CancelledError._create(scope, cause));
  };
}

/** A cancelled scope that closes: the last moment for its own deadline to pass (S1). */
function noteDeadline(scope: CancelScope): void {
  if (scope._reason !== undefined && ownDeadlinePassed(scope)) scope._flags |= CANCEL_CALLED;
}

/** The children that count as live. No foreign code runs here. */
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
  const names = live.slice(0, 5).map(({ name }) => (name === undefined ? "an unnamed scope" : quoteName(name)));
  if (count > 5) names.push("…");
  return new InvalidStateError(
    `${count} ${count === 1 ? "scope is" : "scopes are"} still open in ${scope.name === undefined ? "a scope" : quoteName(scope.name)} that ends: ` +
      `${names.join(", ")}. Close or await what you start in a scope before it ends.`,
  );
}

/** Closes a scope that has left its clock, and the scopes below it, none of which is live: the deepest first. */
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

/** Takes a childless scope that has left its clock out of the tree. */
function detach(scope: CancelScope): void {
  const parent = scope._parent;
  scope._flags |= CLOSED;
  if (scope._waiters !== undefined) closeWaiters(scope); // first: one may want to know where the scope was
  if (parent !== undefined) {
    unlink(scope);
    closeSignalScope(parent);
  }
}
