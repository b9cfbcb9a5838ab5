import { arm, disarm } from "./timer.js";
import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { Deadline, ownDeadlinePassed } from "./deadline.js";
import { look } from "./look.js";
import { ClosedError } from "../error/errors.js";
import { CANCEL_CALLED, CLOSED, KEEP_ALIVE, ownDeadline, SHIELD } from "../tree/scope-tree.js";

/**
 * Sets a latest time for a scope: it is cancelled with this reason at this time, unless something else cancels it earlier. Its deadline may still
 * be moved, but not beyond this time. An earlier bound stays. The process is kept alive until then.
 */
export function cancelAt(scope: CancelScope, when: number, reason: CancelledError): void {
  look(scope);
  if (scope._reason !== undefined || (scope._flags & CLOSED) !== 0) return;
  if (when >= (ownDeadline(scope)?.bound?.when ?? Infinity)) return;
  keepAlive(scope);
  const deadline = ownDeadline(scope) ?? addDeadline(scope);
  deadline.bound = { when, reason };
  if (when <= deadline.when) moveDeadline(scope, when);
}

/**
 * Moves the deadline of a scope. The caller has checked the clock. If the time has already passed, the scope is cancelled before this returns.
 *
 * @param now - The present time on the clock, if the caller has read it.
 * @throws {ClosedError} If the scope is closed.
 */
export function moveDeadline(scope: CancelScope, when: number, now?: number): void {
  checkOpen(scope);
  let deadline = ownDeadline(scope);
  if (deadline === undefined) {
    if (when === Infinity) return;
    deadline = addDeadline(scope);
  }
  if (deadline.bound !== undefined) when = Math.min(when, deadline.bound.when);
  if (scope._reason !== undefined) {
    // If the deadline has passed, `cancelCalled` stays true although the deadline is moved now (S1).
    if (ownDeadlinePassed(scope)) scope._flags |= CANCEL_CALLED;
    deadline.when = when;
  } else {
    moveLive(deadline, when, now);
  }
}

/** Moves the deadline of a scope that is open and not cancelled. */
function moveLive(deadline: Deadline, when: number, now: number | undefined): void {
  const { scope } = deadline;
  const { clock } = scope;
  if (when === Infinity) {
    disarm(deadline);
    deadline.when = when;
    return;
  }
  // If the time is not in step with the timers, the time left of a timer is unknown, so the timer is set again.
  const isKept = deadline.clock === clock && deadline.armedFor <= when && clock.goesWithTimers !== false;
  if (isKept && deadline.when <= when) {
    deadline.when = when; // later: the present timer fires first, and is then set again for the rest (S10)
    return;
  }
  if (now === undefined) {
    now = clock.now();
    checkOpen(scope); // the clock is foreign code, which may have closed the scope
  }
  if (deadline.clock !== clock) {
    disarm(deadline);
    deadline.clock = clock; // fake timers were installed or removed
  }
  const before = deadline.when;
  deadline.when = when;
  if (scope._reason !== undefined) return;
  if (when <= now) {
    deadline.timePassed();
    return;
  }
  if (isKept) return; // earlier than before, but not earlier than the present timer
  if (deadline.armedFor <= when) disarm(deadline);
  try {
    arm(deadline, now);
  } catch (error) {
    deadline.when = before;
    throw error;
  }
  // Setting the timer runs foreign code too, which may have ended the scope or moved the deadline.
  if (needsNoTimer(deadline)) disarm(deadline);
}

function needsNoTimer({ scope, when }: Deadline): boolean {
  return scope._reason !== undefined || (scope._flags & CLOSED) !== 0 || when === Infinity;
}

function checkOpen(scope: CancelScope): void {
  if ((scope._flags & CLOSED) !== 0) throw new ClosedError("The scope is closed: its deadline can no longer be moved.");
}

/** Gives a scope a deadline at `Infinity`, and links it into the chains of the scopes below that see it (invariants 1 and 2 of deadline.ts). */
function addDeadline(scope: CancelScope): Deadline {
  const deadline = new Deadline(scope, scope.clock, scope._limit);
  scope._limit = deadline;
  let node = scope._firstChild;
  while (node !== undefined) {
    let next: CancelScope | undefined;
    if ((node._flags & SHIELD) === 0) {
      const own = ownDeadline(node);
      if (own !== undefined) {
        own.outer = deadline;
      } else {
        node._limit = deadline;
        next = node._firstChild;
      }
    }
    let above: CancelScope = node;
    while (next === undefined && above !== scope) {
      next = above._next;
      above = above._parent!;
    }
    node = next;
  }
  return deadline;
}

/** Makes the scope's deadline keep the process alive while its timer is set (O6). */
export function keepAlive(scope: CancelScope): void {
  scope._flags |= KEEP_ALIVE;
  const deadline = ownDeadline(scope);
  if (deadline !== undefined && deadline.armedFor !== Infinity) deadline.clock.setKeepAlive?.(deadline.timer, true);
}
