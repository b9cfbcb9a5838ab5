import type { CancelledError } from "./cancelled-error.js";
import type { TaskFunction, TaskRecord } from "./task.js";
import { addWaiter, removeWaiter, Waiter } from "./waiter.js";

/** Children that wait their turn under a limit, first in, first out; one that is cancelled leaves in constant time (T8). */
export class StartQueue {
  #head: Queued | undefined = undefined; // its `ahead` is the tail
  readonly #dropped: (task: TaskRecord<unknown>, reason: CancelledError) => void;

  /** @param dropped - Told of a child that was cancelled before its turn, and is in the queue no more. */
  constructor(dropped: (task: TaskRecord<unknown>, reason: CancelledError) => void) {
    this.#dropped = dropped;
  }

  get isEmpty(): boolean {
    return this.#head === undefined;
  }

  /** Adds a child whose scope is not cancelled. */
  push(task: TaskRecord<unknown>, fn: TaskFunction<unknown>): void {
    const queued = new Queued(this, task, fn);
    const head = this.#head;
    if (head === undefined) {
      this.#head = queued;
    } else {
      const tail = head.ahead;
      tail.behind = queued;
      queued.ahead = tail;
      head.ahead = queued;
    }
    addWaiter(queued);
  }

  /** Takes the first in line. */
  shift(): Queued | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    this.#unlink(head);
    removeWaiter(head);
    return head;
  }

  drop(queued: Queued, reason: CancelledError): void {
    this.#unlink(queued);
    this.#dropped(queued.task, reason);
  }

  #unlink(queued: Queued): void {
    const head = this.#head!;
    const { behind, ahead } = queued;
    if (queued === head) this.#head = behind;
    else ahead.behind = behind;
    if (behind !== undefined) behind.ahead = ahead;
    else if (queued !== head) head.ahead = ahead;
  }
}

/** A child that waits its turn: a link in the queue, and a waiter on its own scope. */
class Queued extends Waiter {
  readonly task: TaskRecord<unknown>;
  readonly fn: TaskFunction<unknown>;
  behind: Queued | undefined = undefined;
  ahead: Queued = this;
  readonly #queue: StartQueue;

  constructor(queue: StartQueue, task: TaskRecord<unknown>, fn: TaskFunction<unknown>) {
    super(task.scope);
    this.#queue = queue;
    this.task = task;
    this.fn = fn;
  }

  override cancelled(reason: CancelledError): void {
    this.#queue.drop(this, reason);
  }
}
