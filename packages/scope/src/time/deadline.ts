import { type Due, expireAll } from "./look.js";
import { disarm, type Timed } from "./timer.js";
import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import type { Clock } from "./clock.js";
import { keepHot } from "../support/keep-hot.js";
import { CLOSED, KEEP_ALIVE, ownDeadline } from "../tree/scope-tree.js";

/*
 * Deadlines. The check of the clock is in look.ts.
 *
 * 1. A scope's `_limit` is its own `Deadline`, or that of the closest ancestor that has one, unless a shield hides it.
 *    A deadline's `outer` is the next visible one above it. A check follows this chain only.
 * 2. A scope gets a `Deadline` object when a finite deadline is first set, and keeps it. Adding the object updates the scopes below that see it.
 * 3. An open scope that is not cancelled has a timer for its own finite deadline. A deadline that is moved later keeps its timer,
 *    which is set again when it fires.
 */

/** The time at which a scope is cancelled at the latest. Its deadline cannot be moved beyond this time. */
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

  /** The timer has fired. This deadline is due, and so is every outer one on the same clock whose time is not after this one's (C1). */
  timePassed(): void {
    const due: Due[] = [];
    for (let deadline: Deadline | undefined = this; deadline !== undefined; deadline = deadline.outer) {
      const { when } = deadline;
      if (deadline.clock === this.clock && when <= this.when) due.push({ deadline, when, overdue: -when });
    }
    expireAll(due);
  }

  /** The timer could not be set again, so nothing would cancel this scope later: it is cancelled now. Outer deadlines are not due because of that. */
  clockFailed(error: unknown): void {
    expireAll([{ deadline: this, when: this.when, overdue: 0 }]);
    throw error;
  }
}

/**
 * Whether a scope is cancelled or closed, or a visible deadline of it has passed. It cancels nothing and runs no listeners. It is for code that is about
 * to hand something over, which must not go to a wait whose time is up.
 */
export function isOver(scope: CancelScope): boolean {
  if (hasEnded(scope)) return true;
  for (let deadline = scope._limit; deadline !== undefined; deadline = deadline.outer) {
    const { when, clock } = deadline;
    if (when !== Infinity && clock.goesWithTimers !== false && when <= clock.now()) return true;
  }
  return hasEnded(scope); // again, because the clock is foreign code
}

function hasEnded({ _reason, _flags }: CancelScope): boolean {
  return _reason !== undefined || (_flags & CLOSED) !== 0;
}

/** Removes a closing scope from the chain. Its own deadline can still be read. */
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
  // An outer timer may cancel the scope before `now()` reaches its time. An own deadline on the same clock, at or before that time, has then passed
  // as well (C1).
  const reason = scope._reason;
  if (reason?.deadline === undefined) return false;
  return ownDeadline(reason.scope)?.clock === clock && when <= reason.deadline;
}

keepHot((clock) => new Deadline(undefined!, clock, undefined));
