import type { CancelScope } from "../cancel-scope.js";
import { CancelledError } from "../error/cancelled-error.js";
import type { Clock } from "./clock.js";
import type { Deadline } from "./deadline.js";
import { CANCEL_CALLED, cancelTree, CLOSED } from "../tree/scope-tree.js";

/*
 * The check of the clock that every public member of a scope makes before it reads whether the scope is cancelled (S9).
 */

/** A deadline that has passed. */
export interface Due {
  readonly deadline: Deadline;
  /** Its time when the check was made. A listener may move it before its turn. */
  readonly when: number;
  /** How long ago it passed. Deadlines on different clocks are compared by this. */
  readonly overdue: number;
}

/**
 * Checks the clock (S9): if the scope's own deadline or a visible one of an ancestor has passed, the scope that has it is cancelled. The
 * check costs one comparison if there is no deadline in the scope's chain.
 */
export function look(scope: CancelScope): void {
  if (scope._limit !== undefined && scope._reason === undefined) lookUntil(scope, undefined, -Infinity);
}

/** Checks as `look` does, after a timer for `time` has fired on `clock`: that clock counts as having reached `time`, whatever its `now()` says. */
export function lookUntil(scope: CancelScope, clock: Clock | undefined, time: number): void {
  const first = scope._limit;
  if (first === undefined || scope._reason !== undefined || (scope._flags & CLOSED) !== 0) return;
  let due: Due[] | undefined;
  let latestClock: Clock | undefined;
  let now = 0;
  for (let deadline: Deadline | undefined = first; deadline !== undefined; deadline = deadline.outer) {
    if (deadline.when === Infinity) continue;
    if (deadline.clock !== latestClock) {
      latestClock = deadline.clock;
      now = latestClock.goesWithTimers === false ? -Infinity : latestClock.now();
      if (latestClock === clock) now = Math.max(now, time);
    }
    const { when } = deadline;
    if (when <= now) (due ??= []).push({ deadline, when, overdue: now - when });
  }
  if (due !== undefined) expireAll(due);
}

/**
 * Cancels the scopes of deadlines that have passed. They are given from the innermost out. The earliest cancels first, and among equal ones the
 * outermost (S9).
 */
export function expireAll(due: Due[]): void {
  if (due.length > 1) due.reverse().sort((one, other) => other.overdue - one.overdue); // a stable sort
  let failure: { readonly error: unknown } | undefined;
  for (const { deadline, when } of due) {
    const { scope } = deadline;
    // A listener of an earlier one may have closed the scope, or moved the deadline to a later time.
    if ((scope._flags & CLOSED) !== 0 || deadline.when > when) continue;
    scope._flags |= CANCEL_CALLED;
    if (scope._reason !== undefined) continue;
    try {
      cancelTree(scope, reasonOf(deadline, when));
    } catch (error) {
      failure ??= { error }; // a clock has thrown; the other scopes must still be cancelled
    }
  }
  if (failure !== undefined) throw failure.error;
}

function reasonOf({ scope, bound }: Deadline, when: number): CancelledError {
  return bound !== undefined && bound.when <= when ? bound.reason : CancelledError._ofDeadline(scope, when);
}
