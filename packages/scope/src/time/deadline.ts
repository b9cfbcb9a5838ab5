import { disarm, type Timed } from "./timer.js";
import type { CancelScope } from "../cancel-scope.js";
import { CancelledError } from "../error/cancelled-error.js";
import type { Clock } from "./clock.js";
import { keepHot } from "../support/keep-hot.js";
import { CANCEL_CALLED, cancelTree, CLOSED, KEEP_ALIVE, ownDeadline } from "../tree/scope-tree.js";

/*
 * Deadlines, and the check of the clock that every member makes which reads cancellation state (S9).
 *
 * 1. A scope's `_limit` is the nearest deadline that it sees: its own, or the one of the nearest ancestor that has one, with no shield
 *    in between. A deadline's `outer` is the next one that its scope sees above it. A check follows this chain and nothing else.
 * 2. A scope gets a deadline when a finite one is first set, and keeps it. Setting it updates the scopes below that see it.
 * 3. An open scope that is not cancelled has a timer for its own finite deadline, for that time or before it.
 */

/** A time by which the owner of a scope cancels it, and the reason for which it does. Code that moves the deadline cannot move it beyond. */
export interface Bound {
  readonly when: number;
  readonly reason: CancelledError;
}

/** A scope's own deadline. */
export class Deadline implements Timed {
  when: number = Infinity;
  clock: Clock;
  timer: unknown = undefined;
  armedFor: number = Infinity;
  readonly scope: CancelScope;
  /** The next deadline above it that its scope sees; `undefined` if there is none. */
  outer: Deadline | undefined;
  /** The latest time for it; `undefined` if there is none. `when` is never later. */
  bound: Bound | undefined = undefined;

  constructor(scope: CancelScope, clock: Clock, outer: Deadline | undefined) {
    this.scope = scope;
    this.clock = clock;
    this.outer = outer;
  }

  get keepsAlive(): boolean {
    return (this.scope._flags & KEEP_ALIVE) !== 0;
  }

  /** Makes this one due, and every outer one on the same clock that is not later (C1). */
  timePassed(): void {
    const due: Due[] = [];
    for (let deadline: Deadline | undefined = this; deadline !== undefined; deadline = deadline.outer) {
      const { when } = deadline;
      if (deadline.clock === this.clock && when <= this.when) due.push({ deadline, when, overdue: -when });
    }
    expireAll(due);
  }

  /** Without a timer the deadline would not pass. It passes now, and no other one does. */
  clockFailed(error: unknown): void {
    expireAll([{ deadline: this, when: this.when, overdue: 0 }]);
    throw error;
  }
}

/** A deadline that has passed, its time, and by how much it has passed. */
interface Due {
  readonly deadline: Deadline;
  readonly when: number;
  readonly overdue: number;
}

/**
 * Checks the clock (S9): cancels the scope if its own deadline has passed, or one that it sees. It costs a comparison if there is no
 * deadline in the scope's chain.
 */
export function look(scope: CancelScope): void {
  if (scope._limit !== undefined && scope._reason === undefined) lookUntil(scope, undefined, -Infinity);
}

/** Checks as `look` does. On one clock, it is `time` at least: the time of a timer that has fired. */
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

/** Cancels the scopes of deadlines given from the innermost to the outermost: the earliest first, of equal ones the outermost (S9). */
function expireAll(due: Due[]): void {
  if (due.length > 1) due.reverse().sort((one, other) => other.overdue - one.overdue); // a stable sort
  let failure: { readonly error: unknown } | undefined;
  for (const { deadline, when } of due) {
    const { scope } = deadline;
    // A listener of one before may have closed its scope, or moved it on.
    if ((scope._flags & CLOSED) !== 0 || deadline.when > when) continue;
    scope._flags |= CANCEL_CALLED;
    if (scope._reason !== undefined) continue;
    try {
      cancelTree(scope, reasonOf(deadline, when));
    } catch (error) {
      failure ??= { error }; // a clock that throws: the others have passed all the same
    }
  }
  if (failure !== undefined) throw failure.error;
}

function reasonOf({ scope, bound }: Deadline, when: number): CancelledError {
  return bound !== undefined && bound.when <= when ? bound.reason : CancelledError._ofDeadline(scope, when);
}

/** The scope is closed: it leaves the chain. Its own deadline stays readable. */
export function leaveChain(scope: CancelScope): void {
  const deadline = ownDeadline(scope);
  if (deadline === undefined) {
    scope._limit = undefined;
    return;
  }
  deadline.outer = undefined;
  disarm(deadline);
}

/** The earliest deadline that the scope sees, on the scope's own clock. */
export function earliestDeadline(scope: CancelScope): number {
  const { clock } = scope;
  let earliest = Infinity;
  for (let deadline = scope._limit; deadline !== undefined; deadline = deadline.outer) {
    const { when } = deadline;
    earliest = Math.min(earliest, deadline.clock === clock ? when : when - deadline.clock.now() + clock.now());
  }
  return earliest;
}

/** Whether the scope's own deadline has passed, also where something else cancelled it first. */
export function ownDeadlinePassed(scope: CancelScope): boolean {
  const deadline = ownDeadline(scope);
  if (deadline === undefined || deadline.when === Infinity) return false;
  const { when, clock } = deadline;
  if (clock.goesWithTimers !== false && when <= clock.now()) return true;
  // The timer that cancelled may have fired before its time: then that had come for this one as well (C1).
  const reason = scope._reason;
  if (reason?.deadline === undefined) return false;
  return ownDeadline(reason.scope)?.clock === clock && when <= reason.deadline;
}

keepHot((clock) => new Deadline(undefined!, clock, undefined));
