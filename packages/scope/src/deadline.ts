import type { CancelScope } from "./cancel-scope.js";
import { CancelledError } from "./cancelled-error.js";
import { CANCEL_CALLED, cancelTree, CLOSED, KEEP_ALIVE, SHIELD } from "./scope-tree.js";
import { ClosedError } from "./errors.js";
import type { TimerEntry } from "./timer-heap.js";
import { queueOf, type TimerQueue } from "./timer-queue.js";
import { keepHot } from "./keep-hot.js";

/**
 * A scope's deadline, made when a finite one is first set. While armed it waits in its clock's queue under a key that is never
 * later than `when`: moving it later is an assignment, and the queue finds out when the key comes (S10).
 */
export class Deadline implements TimerEntry {
  heapIndex = -1;
  readonly scope: CancelScope;
  when: number = Infinity;
  queue: TimerQueue | undefined = undefined;

  constructor(scope: CancelScope) {
    this.scope = scope;
  }

  get keepsAlive(): boolean {
    return (this.scope._flags & KEEP_ALIVE) !== 0;
  }

  timePassed(key: number): void {
    if (this.when > key) this.arm();
    else expire(this);
  }

  arm(): void {
    this.queue = queueOf(this.scope.clock);
    this.queue.add(this.queue.deadlines, this, this.when);
  }

  /** Returns whether it was armed. */
  disarm(): boolean {
    if (this.heapIndex < 0) return false;
    this.queue!.remove(this.queue!.deadlines, this);
    return true;
  }
}

/**
 * Moves the deadline of a scope, or sets it `now`, where the caller has just looked at the clock; one that has passed already cancels
 * before this returns.
 *
 * @throws {ClosedError} Where the scope is closed.
 */
export function moveDeadline(scope: CancelScope, when: number, now?: number): void {
  if ((scope._flags & CLOSED) !== 0) throw new ClosedError("The scope is closed: its deadline can no longer be moved.");
  const deadline = (scope._deadline ??= new Deadline(scope));
  // One that has passed stays so, though something else cancelled first and it is moved on now (S1).
  if (scope._reason !== undefined && ownDeadlinePassed(scope)) scope._flags |= CANCEL_CALLED;
  deadline.when = when;
  if (scope._reason !== undefined) return;
  const queue = queueOf(scope.clock);
  if (deadline.heapIndex >= 0) {
    if (deadline.queue === queue && when !== Infinity && queue.deadlines.keyOf(deadline) <= when) return;
    deadline.disarm();
  }
  if (when === Infinity) return;
  deadline.arm();
  if (when <= (now ?? scope.clock.now())) queue.look();
}

/** From now on the scope's deadline keeps the process alive while it is armed (O6). */
export function keepAlive(scope: CancelScope): void {
  const wasArmed = scope._deadline?.disarm();
  scope._flags |= KEEP_ALIVE;
  if (wasArmed === true) scope._deadline!.arm();
}

/**
 * Cancels the outermost scope whose deadline is the one that has passed (S9): the queue fires the earliest first, so that only
 * an equal one can be further out.
 */
function expire(deadline: Deadline): void {
  let owner = deadline.scope;
  let scope = owner;
  while ((scope._flags & SHIELD) === 0 && scope._parent !== undefined) {
    scope = scope._parent;
    const other = scope._deadline;
    if (other !== undefined && other.heapIndex >= 0 && other.when <= deadline.when && other.queue === deadline.queue) {
      owner = scope;
    }
  }
  owner._flags |= CANCEL_CALLED;
  cancelTree(owner, CancelledError._create(owner, undefined, deadline.when));
}

/** The earliest deadline that the scope sees, on the scope's own clock. */
export function earliestDeadline(scope: CancelScope): number {
  const { clock } = scope;
  let earliest = Infinity;
  for (let node: CancelScope | undefined = scope; node !== undefined; node = node._parent) {
    if (node._deadline !== undefined) {
      const { when } = node._deadline;
      earliest = Math.min(earliest, node.clock === clock ? when : when - node.clock.now() + clock.now());
    }
    if ((node._flags & SHIELD) !== 0) break;
  }
  return earliest;
}

/** Whether the scope's own deadline has passed, also where something else cancelled it first. */
export function ownDeadlinePassed(scope: CancelScope): boolean {
  const deadline = scope._deadline;
  if (deadline === undefined) return false;
  const { when, queue } = deadline;
  if (when <= (queue?.clock ?? scope.clock).now()) return true;
  // The timer that cancelled may have fired before its time: then that had come for this one as well (C1).
  const owner = scope._reason?.scope._deadline;
  return owner !== undefined && owner.queue === queue && when <= scope._reason!.deadline!;
}

keepHot(() => new Deadline(undefined!));
