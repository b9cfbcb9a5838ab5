import type { CancelScope } from "../cancel-scope.js";
import type { Clock } from "../time/clock.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { disarm } from "../time/timer.js";
import type { Deadline } from "../time/deadline.js";
import { ClosedError } from "../error/errors.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { observer } from "./observer.js";
import type { Waiter } from "./waiter.js";

/*
 * The cancellation tree. It consists of plain objects with intrusive links, and its algorithms are not recursive. A *marked* scope is a
 * cancelled one. Invariants:
 *
 * 1. A parent's children form a doubly linked list in order of creation. The head's `_previous` is the tail. The tail's `_next` is `undefined`.
 * 2. A scope is marked if and only if `_reason` is set. Once set, it never changes (S1, S2).
 * 3. Everything visible (not behind a shield) below a marked scope is marked: marking covers the whole visible subtree, and a scope that is
 *    linked under a marked one is marked from the start. So a traversal can stop at a marked scope.
 * 4. A marked scope has no waiters except those for its end, and its deadline has no timer. Marking removes them, and nothing adds them later.
 * 5. A closed scope has no parent, children, waiters or timer, and is never marked afterwards.
 * 6. While a subtree is being marked, no foreign code runs. Afterwards, any foreign code may run (S3).
 */

/** The cancellation and the deadlines of ancestors are hidden (S11). */
export const SHIELD = 1;
/** The scope is closed (5). */
export const CLOSED = 2;
/** `cancel` was called on this very scope, or a check found that its own deadline has passed. */
export const CANCEL_CALLED = 4;
/** `run` has absorbed the scope's own cancellation (S14). */
export const CANCELLED_CAUGHT = 8;
/** `run` was called. */
export const STARTED = 16;
/** The deadline keeps the process alive. */
export const KEEP_ALIVE = 32;
/** The scope stands for a signal, and closes with the last scope below it (signal-scope.ts). */
export const SIGNAL = 64;
/** A body was called in the scope. While the scope is open, the body has not ended. */
export const RUNNING = 128;
/** The scope is closed, but still in the tree, because its end is not complete (close-scope.ts). */
export const ENDING = 256;
/** The scope belongs to a task that was given a name. A task without one has the name of its function. */
export const NAMED = 512;

/**
 * Links a new scope under its parent (1). If the parent is cancelled and no shield hides that, the scope is cancelled from the start (3).
 *
 * @throws {ClosedError} If the parent is closed (5). The check is made here, because an option read before may run foreign code that closes it.
 */
export function link(scope: CancelScope, parent: CancelScope): void {
  if ((parent._flags & CLOSED) !== 0) {
    throw new ClosedError("The parent scope is closed: what it owned has ended, and nothing can be added to it.");
  }
  scope._parent = parent;
  const head = parent._firstChild;
  if (head === undefined) {
    parent._firstChild = scope;
    scope._previous = scope;
  } else {
    const tail = head._previous!;
    tail._next = scope;
    scope._previous = tail;
    head._previous = scope;
  }
  if ((scope._flags & SHIELD) !== 0) return;
  scope._limit = parent._limit;
  scope._reason = parent._reason;
}

/** Takes a scope from its parent's list, in constant time. */
export function unlink(scope: CancelScope): void {
  const parent = scope._parent;
  if (parent === undefined) return;
  const head = parent._firstChild!;
  const next = scope._next;
  if (scope === head) parent._firstChild = next;
  else scope._previous!._next = next;
  if (next !== undefined) next._previous = scope._previous;
  else if (scope !== head) head._previous = scope._previous;
  scope._parent = scope._next = scope._previous = undefined;
}

/**
 * Cancels a scope and everything visible below it, in the two phases of S2: mark the scopes, then notify observers and waiters. A scope that is
 * already marked or closed is left as it is. The check is made here, because creating the error may run foreign code that cancels or closes the
 * scope (6).
 */
export function cancelTree(root: CancelScope, reason: CancelledError): void {
  if (root._reason !== undefined || (root._flags & CLOSED) !== 0) return;
  const notified: Waiter[] = [];
  let armed: Deadline[] | undefined;
  let node: CancelScope | undefined = root;
  while (node !== undefined) {
    mark(node, reason, notified);
    const deadline = ownDeadline(node);
    if (deadline !== undefined && deadline.armedFor !== Infinity) (armed ??= []).push(deadline);
    node = nextVisible(node, root);
  }
  observer?.cancelled?.(root, reason);
  const failure = armed && disarmAll(armed, root.clock);
  for (const waiter of notified) {
    if (waiter.scope === undefined) continue; // disposed of before its turn
    observer?.waiting?.(waiter.scope, waiter, true);
    waiter.cancelled(reason);
    waiter.scope = undefined;
  }
  if (failure !== undefined) throw failure.error;
}

/**
 * Clears the timers of cancelled scopes. If the clock of the root throws, the error is returned, and the call fails with it once the
 * cancellation is complete. If another clock throws, the error concerns a scope further down, and is reported as uncaught (C1).
 */
function disarmAll(deadlines: readonly Deadline[], rootClock: Clock): { readonly error: unknown } | undefined {
  let failure: { readonly error: unknown } | undefined;
  for (const deadline of deadlines) {
    try {
      disarm(deadline);
    } catch (error) {
      if (failure === undefined && deadline.clock === rootClock) failure = { error };
      else reportUncaught(error);
    }
  }
  return failure;
}

/** Returns the scope's own deadline; `undefined` until a finite one is set (deadline.ts). */
export function ownDeadline(scope: CancelScope): Deadline | undefined {
  const limit = scope._limit;
  return limit?.scope === scope ? limit : undefined;
}

/** Marks a scope, and moves its waiters to the list of those to notify. */
function mark(scope: CancelScope, reason: CancelledError, notified: Waiter[]): void {
  scope._reason = reason;
  let waiter = scope._waiters;
  scope._waiters = undefined;
  while (waiter !== undefined) {
    const { next } = waiter;
    notified.push(waiter);
    waiter.next = waiter.previous = undefined; // the scope may get a new list, of the waiters for its end
    waiter = next;
  }
}

/** Returns the next scope in pre-order below `root`; `undefined` after the last one. */
export function nextBelow(node: CancelScope, root: CancelScope): CancelScope | undefined {
  let next = node._firstChild;
  while (next === undefined && node !== root) {
    next = node._next;
    node = node._parent!;
  }
  return next;
}

/** Returns the next unmarked open scope in pre-order below `root` that is not behind a shield. */
function nextVisible(from: CancelScope, root: CancelScope): CancelScope | undefined {
  let candidate = from._firstChild;
  let above: CancelScope = from;
  for (;;) {
    while (
      candidate !== undefined &&
      (candidate._reason !== undefined || (candidate._flags & (SHIELD | CLOSED)) !== 0)
    ) {
      candidate = candidate._next;
    }
    if (candidate !== undefined) return candidate;
    if (above === root) return undefined;
    candidate = above._next;
    above = above._parent!;
  }
}
