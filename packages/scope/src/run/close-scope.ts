import type { CancelScope, ScopeLabel } from "../cancel-scope.js";
import { CancelledError } from "../error/cancelled-error.js";
import { leaveChain, ownDeadlinePassed } from "../time/deadline.js";
import { look } from "../time/look.js";
import { InvalidStateError } from "../error/errors.js";
import { quoteName } from "../error/escape.js";
import { ExceptionGroup } from "../error/exception-group.js";
import { countsAsLive } from "./liveness.js";
import { closeSignalScope } from "../tree/signal-scope.js";
import { type Failed, observer } from "../tree/observer.js";
import { CANCEL_CALLED, cancelTree, CLOSED, ENDING, nextBelow, SIGNAL, unlink } from "../tree/scope-tree.js";
import { closeWaiters } from "../tree/waiter.js";

/**
 * Closes a scope, unless scopes below it are live (S16). If its clock throws, the call throws that error, and the scope stays open. A scope that
 * stands for a signal is left open, because it closes with the last scope below it.
 */
export function closeScope(scope: CancelScope): void {
  if ((scope._flags & (CLOSED | SIGNAL)) !== 0) return;
  look(scope); // first, because listeners may open a scope below or close this one
  const error = stillOpen(scope, false);
  if (error !== undefined) throw error;
  noteDeadline(scope);
  leaveChain(scope);
  if ((scope._flags & CLOSED) === 0) closeTree(scope, undefined, scope._label); // a listener or the clock may have closed it
}

/**
 * Closes a scope whose work has ended. Live scopes that were left open below it are cancelled and detached (S16). Returns the error for them, or the
 * error that a clock threw (C1); otherwise `undefined`.
 *
 * @param isCut - Whether the body was cancelled or has failed.
 * @param ending - Decides with which error the work fails. Default: the scope's label.
 */
export function endScope(scope: CancelScope, isCut: boolean, ending: Ending = scope._label): unknown {
  let failure = detachLive(scope, isCut);
  if ((scope._flags & ENDING) === 0) {
    failedWith(ending, failure); // other code has already closed the scope
    return failure;
  }
  scope._flags &= ~ENDING;
  failure = failing(failure, noteDeadline, scope);
  failure = failing(failure, leaveChain, scope);
  return closeTree(scope, failure, ending);
}

/**
 * Takes the first step of `endScope`, and returns the same error. Afterwards nothing can be opened below the scope. A caller that needs the error
 * before the scope closes calls this first.
 */
export function detachLive(scope: CancelScope, isCut: boolean): unknown {
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
  scope._flags |= ENDING;
  return failure;
}

/** Decides with which error the work in a scope fails, if it has `_failed`. */
type Ending = Pick<ScopeLabel, "_failed"> | string | undefined;

/** Returns the error with which the work in a scope fails; `undefined` if it does not fail. */
function failedWith(ending: Ending, failure: unknown): Failed | undefined {
  const failed = (ending as Pick<ScopeLabel, "_failed"> | undefined)?._failed; // `undefined` for a string
  if (failed !== undefined) return failed.call(ending, failure);
  return failure === undefined ? undefined : { error: failure };
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
function closeTree(root: CancelScope, failure: unknown, ending: Ending): unknown {
  // First, so that code which runs below cannot open anything in the tree, or close a part of it.
  for (let each: CancelScope | undefined = root; each !== undefined; each = nextBelow(each, root))
    each._flags |= CLOSED;
  let node = root;
  for (;;) {
    while (node._firstChild !== undefined) node = node._firstChild;
    const parent = node._parent;
    if (node !== root) {
      failure = failing(failure, noteDeadline, node);
      failure = failing(failure, leaveChain, node);
    }
    detach(node, node === root ? failure : undefined, node === root ? ending : node._label);
    if (node === root) return failure;
    node = parent!;
  }
}

/** Removes a scope from the tree. It has no children, and has left its chain of deadlines. */
function detach(scope: CancelScope, failure: unknown, ending: Ending): void {
  const parent = scope._parent;
  if (scope._waiters !== undefined) closeWaiters(scope); // first, because a waiter may read the scope's place in the tree
  if (observer !== undefined || failure !== undefined) {
    const failed = failedWith(ending, failure); // also without observers, because it keeps the failure
    observer?.closed?.(scope, failed);
  }
  if (parent !== undefined) {
    unlink(scope);
    closeSignalScope(parent);
  }
}
