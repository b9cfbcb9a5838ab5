import { type Alarm, arm, disarm } from "./alarm.js";
import type { CancelScope } from "./cancel-scope.js";
import { CancelledError } from "./cancelled-error.js";
import type { Clock } from "./clock.js";
import { ClosedError } from "./errors.js";
import { keepHot } from "./keep-hot.js";
import { CANCEL_CALLED, cancelTree, CLOSED, KEEP_ALIVE, SHIELD, ownDeadline } from "./scope-tree.js";

/*
 * Deadlines, and the check of the clock that every member makes which reads cancellation state (S9).
 *
 * 1. A scope's `_limit` is the nearest deadline that it sees: its own, or the one of the nearest ancestor that has one, with no shield
 *    in between. A deadline's `outer` is the next one that its scope sees above it. A check follows this chain and nothing else.
 * 2. A scope gets a deadline when a finite one is first set, and keeps it. Setting it updates the scopes below that see it.
 * 3. An open scope that is not cancelled has a timer for its own finite deadline, for that time or before it.
 */

/** A scope's own deadline. */
export class Deadline implements Alarm {
  when: number = Infinity;
  clock: Clock;
  timer: unknown = undefined;
  armedFor: number = Infinity;
  readonly scope: CancelScope;
  /** The next deadline above it that its scope sees; `undefined` if there is none. */
  outer: Deadline | undefined;
  /** The reason of the cancellation; `undefined` if it is that the deadline passed. */
  cause: unknown = undefined;

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

function reasonOf({ scope, cause }: Deadline, when: number): CancelledError {
  return CancelledError._create(scope, cause, cause === undefined ? when : undefined);
}

/**
 * Bounds the time of a scope: cancels it with this cause at this time, unless its deadline is earlier. The process is kept alive until then.
 */
export function cancelAt(scope: CancelScope, when: number, cause: unknown): void {
  look(scope);
  if ((ownDeadline(scope)?.when ?? Infinity) <= when || (scope._flags & CLOSED) !== 0) return;
  keepAlive(scope);
  const deadline = ownDeadline(scope) ?? addDeadline(scope);
  deadline.cause = cause;
  moveDeadline(scope, when);
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
  if (deadline.clock === clock && deadline.armedFor <= when) {
    deadline.when = when; // the timer that is set fires before it, and is set again then (S10)
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

/** From now on the scope's deadline keeps the process alive while its timer is set (O6). */
export function keepAlive(scope: CancelScope): void {
  scope._flags |= KEEP_ALIVE;
  const deadline = ownDeadline(scope);
  if (deadline !== undefined && deadline.armedFor !== Infinity) deadline.clock.setKeepAlive?.(deadline.timer, true);
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
