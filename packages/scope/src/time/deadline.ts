import { disarm, type Timed } from "./timer.js";
import type { CancelScope } from "../cancel-scope.js";
import { CancelledError } from "../error/cancelled-error.js";
import type { Clock } from "./clock.js";
import { keepHot } from "../support/keep-hot.js";
import { CANCEL_CALLED, cancelTree, CLOSED, KEEP_ALIVE, ownDeadline } from "../tree/scope-tree.js";

/*
 * Deadlines, and the check of the clock that every member makes before it reads cancellation state (S9).
 *
 * 1. A scope's `_limit` is the nearest visible deadline: its own, or that of the nearest ancestor that has one, without a shield in between.
 *    A deadline's `outer` is the next visible one above it. A check follows this chain only.
 * 2. A scope gets a `Deadline` object when a finite deadline is first set, and keeps it. Adding the object updates the scopes below that see it.
 * 3. An open scope that is not cancelled has a timer for its own finite deadline. The timer is set for the time of the deadline, or earlier.
 */

/** A latest time at which the owner of a scope cancels it. The deadline of the scope cannot be moved beyond this time. */
export interface Bound {
  readonly when: number;
  /** The reason with which the scope is cancelled at this time. */
  readonly reason: CancelledError;
}

/** A scope's own deadline. */
export class Deadline implements Timed {
  /** The time at which the scope is cancelled, on the clock; `Infinity` if it has no limit. Never later than the bound's. */
  when: number = Infinity;
  /** The clock that `when` is measured on. A deadline that is moved takes the clock that its scope has then. */
  clock: Clock;
  /** The timer, while `armedFor` is finite; otherwise `undefined`. */
  timer: unknown = undefined;
  /** The time for which the timer is set; `Infinity` while there is no timer. Never later than `when`. */
  armedFor: number = Infinity;
  /** The scope that it cancels. */
  readonly scope: CancelScope;
  /** The next visible deadline above it (1); `undefined` if there is none, or once the scope is closed. */
  outer: Deadline | undefined;
  /** The latest time to which `when` can be moved; `undefined` if the owner of the scope has not set one. */
  bound: Bound | undefined = undefined;

  constructor(scope: CancelScope, clock: Clock, outer: Deadline | undefined) {
    this.scope = scope;
    this.clock = clock;
    this.outer = outer;
  }

  get keepsAlive(): boolean {
    return (this.scope._flags & KEEP_ALIVE) !== 0;
  }

  /** The timer has fired. This deadline is due, and so is every outer one on the same clock that is not later (C1). */
  timePassed(): void {
    const due: Due[] = [];
    for (let deadline: Deadline | undefined = this; deadline !== undefined; deadline = deadline.outer) {
      const { when } = deadline;
      if (deadline.clock === this.clock && when <= this.when) due.push({ deadline, when, overdue: -when });
    }
    expireAll(due);
  }

  /** The timer could not be set again, so the deadline would never pass. This deadline passes now, and no other one does. */
  clockFailed(error: unknown): void {
    expireAll([{ deadline: this, when: this.when, overdue: 0 }]);
    throw error;
  }
}

/** A deadline that has passed. */
interface Due {
  readonly deadline: Deadline;
  /** Its time when the check was made. A listener may move it before its turn. */
  readonly when: number;
  /** How long ago it passed. Deadlines on different clocks are compared by this. */
  readonly overdue: number;
}

/**
 * Checks the clock (S9): if the scope's own deadline or a visible one of an ancestor has passed, its owner is cancelled. The check costs one
 * comparison if the scope's chain has no deadline.
 */
export function look(scope: CancelScope): void {
  if (scope._limit !== undefined && scope._reason === undefined) lookUntil(scope, undefined, -Infinity);
}

/** Checks as `look` does. The time on the given clock is taken to be at least `time`, which is the time of a timer that has fired. */
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
function expireAll(due: Due[]): void {
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
      failure ??= { error }; // a clock that throws does not keep the other deadlines from passing
    }
  }
  if (failure !== undefined) throw failure.error;
}

function reasonOf({ scope, bound }: Deadline, when: number): CancelledError {
  return bound !== undefined && bound.when <= when ? bound.reason : CancelledError._ofDeadline(scope, when);
}

/** Takes a scope that is being closed out of the chain. Its own deadline can still be read. */
export function leaveChain(scope: CancelScope): void {
  const deadline = ownDeadline(scope);
  if (deadline === undefined) {
    scope._limit = undefined;
    return;
  }
  deadline.outer = undefined;
  disarm(deadline);
}

/** Returns the earliest visible deadline, as a time on the scope's own clock. */
export function earliestDeadline(scope: CancelScope): number {
  const { clock } = scope;
  let earliest = Infinity;
  for (let deadline = scope._limit; deadline !== undefined; deadline = deadline.outer) {
    const { when } = deadline;
    earliest = Math.min(earliest, deadline.clock === clock ? when : when - deadline.clock.now() + clock.now());
  }
  return earliest;
}

/** Whether the scope's own deadline has passed, even if something else cancelled the scope first. */
export function ownDeadlinePassed(scope: CancelScope): boolean {
  const deadline = ownDeadline(scope);
  if (deadline === undefined || deadline.when === Infinity) return false;
  const { when, clock } = deadline;
  if (clock.goesWithTimers !== false && when <= clock.now()) return true;
  // The timer of an outer deadline may have fired early. Then a deadline of the same clock that is not later has passed too (C1).
  const reason = scope._reason;
  if (reason?.deadline === undefined) return false;
  return ownDeadline(reason.scope)?.clock === clock && when <= reason.deadline;
}

keepHot((clock) => new Deadline(undefined!, clock, undefined));
