import { arm, disarm } from "./timer.js";
import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { Deadline, look, ownDeadlinePassed } from "./deadline.js";
import { ClosedError } from "../error/errors.js";
import { CANCEL_CALLED, CLOSED, KEEP_ALIVE, ownDeadline, SHIELD } from "../tree/scope-tree.js";

/**
 * Bounds the time of a scope: cancels it for this reason at this time, unless something else cancels it before. Its deadline may still be
 * moved, but not beyond this time. An earlier bound stays. The process is kept alive until then.
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
 * Moves the deadline of a scope whose clock the caller has checked. A time that has passed cancels before this returns.
 *
 * @param now - What the clock says, if the caller knows.
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
    // One that has passed stays so, though something else cancelled first and it is moved on now (S1).
    if (ownDeadlinePassed(scope)) scope._flags |= CANCEL_CALLED;
    deadline.when = when;
  } else {
    moveLive(deadline, when, now);
  }
}

function moveLive(deadline: Deadline, when: number, now: number | undefined): void {
  const { scope } = deadline;
  const { clock } = scope;
  if (when === Infinity) {
    disarm(deadline);
    deadline.when = when;
    return;
  }
  // Where the time does not go with the timers, it is not known how far a timer has come: it is set again.
  const isKept = deadline.clock === clock && deadline.armedFor <= when && clock.goesWithTimers !== false;
  if (isKept && deadline.when <= when) {
    deadline.when = when; // later: the timer that is set fires before it, and is set again then (S10)
    return;
  }
  if (now === undefined) {
    now = clock.now();
    checkOpen(scope); // a clock is other code, which may have ended the scope
  }
  if (deadline.clock !== clock) {
    disarm(deadline);
    deadline.clock = clock; // fake timers were installed or removed since
  }
  const before = deadline.when;
  deadline.when = when;
  if (scope._reason !== undefined) return;
  if (when <= now) {
    deadline.timePassed();
    return;
  }
  if (isKept) return; // earlier, but not before the timer that is set
  if (deadline.armedFor <= when) disarm(deadline);
  try {
    arm(deadline, now);
  } catch (error) {
    deadline.when = before;
    throw error;
  }
  // Setting the timer may have ended the scope as well, or moved the deadline.
  if (needsNoTimer(deadline)) disarm(deadline);
}

function needsNoTimer({ scope, when }: Deadline): boolean {
  return scope._reason !== undefined || (scope._flags & CLOSED) !== 0 || when === Infinity;
}

function checkOpen(scope: CancelScope): void {
  if ((scope._flags & CLOSED) !== 0) throw new ClosedError("The scope is closed: its deadline can no longer be moved.");
}

/** Gives a scope a deadline, at `Infinity`, and points what sees it to it (1, 2). */
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

/** From now on the scope's deadline keeps the process alive while its timer is set (O6). */
export function keepAlive(scope: CancelScope): void {
  scope._flags |= KEEP_ALIVE;
  const deadline = ownDeadline(scope);
  if (deadline !== undefined && deadline.armedFor !== Infinity) deadline.clock.setKeepAlive?.(deadline.timer, true);
}
