import type { CancelScope, ScopeLabel } from "../cancel-scope.js";
import { CancelledError } from "../error/cancelled-error.js";
import { leaveChain, look, ownDeadlinePassed } from "../time/deadline.js";
import { InvalidStateError } from "../error/errors.js";
import { quoteName } from "../error/escape.js";
import { ExceptionGroup } from "../error/exception-group.js";
import { countsAsLive } from "./liveness.js";
import { closeSignalScope } from "../tree/signal-scope.js";
import { type Failed, observer } from "../tree/observer.js";
import { CANCEL_CALLED, cancelTree, CLOSED, ENDING, nextBelow, SIGNAL, unlink } from "../tree/scope-tree.js";
import { closeWaiters } from "../tree/waiter.js";

/**
 * Closes a scope, unless scopes below are live (S16). What its clock throws passes, and leaves it open. The scope of a signal closes with the last
 * scope below it.
 */
export function closeScope(scope: CancelScope): void {
  if ((scope._flags & (CLOSED | SIGNAL)) !== 0) return;
  look(scope); // first: listeners may open a scope here, or close this one
  const error = stillOpen(scope, false);
  if (error !== undefined) throw error;
  noteDeadline(scope);
  leaveChain(scope);
  if ((scope._flags & CLOSED) === 0) closeTree(scope, undefined, scope._label); // a listener, or the clock, may have closed it
}

/**
 * Closes a scope whose work has ended, and whose body was cancelled or has failed if `isCut`. Returns what the work fails with because of that:
 * the error of live scopes that were left open, which are cancelled and detached (S16), and what a clock has thrown (C1).
 *
 * @param ending - What decides how the work has ended. Default: the scope's label.
 */
export function endScope(scope: CancelScope, isCut: boolean, ending: Ending = scope._label): unknown {
  let failure = detachLive(scope, isCut);
  if ((scope._flags & ENDING) === 0) {
    failedWith(ending, failure); // other code has closed it
    return failure;
  }
  scope._flags &= ~ENDING;
  failure = failing(failure, noteDeadline, scope);
  failure = failing(failure, leaveChain, scope);
  return closeTree(scope, failure, ending);
}

/** The first step of `endScope`, for what has to be known between them. Returns what `endScope` does; in the scope, nothing can be opened any more. */
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

/** What decides how the work in a scope has ended: its label, if that does. */
type Ending = Pick<ScopeLabel, "_failed"> | string | undefined;

function failedWith(ending: Ending, failure: unknown): Failed | undefined {
  const failed = (ending as Pick<ScopeLabel, "_failed"> | undefined)?._failed; // a string has none
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

/** Closes a scope that has left its clock, and the scopes below it, none of which is live: the deepest first. */
function closeTree(root: CancelScope, failure: unknown, ending: Ending): unknown {
  // First: no code that runs below can open anything in the tree, or close it.
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

/** Takes a childless scope that has left its clock out of the tree. */
function detach(scope: CancelScope, failure: unknown, ending: Ending): void {
  const parent = scope._parent;
  if (scope._waiters !== undefined) closeWaiters(scope); // first: one may want to know where the scope was
  if (observer !== undefined || failure !== undefined) noteEnd(scope, failedWith(ending, failure));
  if (parent !== undefined) {
    unlink(scope);
    closeSignalScope(parent);
  }
}

/** Notifies the observers that a scope ends (N2). A task has its final status, unless other code closes its scope before. */
function noteEnd(scope: CancelScope, failed: Failed | undefined): void {
  const isFulfilled =
    scope._reason === undefined || (scope._label as Partial<ScopeLabel> | undefined)?.status === "fulfilled";
  const status = isFulfilled ? "fulfilled" : "cancelled";
  observer?.closed?.(scope, failed === undefined ? { status } : { status: "rejected", error: failed.error });
}
