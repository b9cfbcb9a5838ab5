import type { CancelledError } from "./cancelled-error.js";
import { deferred } from "./deferred.js";
import { ClosedError } from "./errors.js";
import type { TaskFunction, TaskRecord } from "./task.js";
import { addWaiter, removeWaiter, Waiter } from "./waiter.js";

/**
 * Children that wait their turn under a limit, first in, first out; one that is cancelled leaves in constant time (T8).
 *
 * A turn is a promise that was waited for where the child was made, not a call from the child that made room: so the function
 * runs with what its own caller had in `AsyncLocalStorage`, at the price of a microtask and of knowing nothing about it here.
 */
export class StartQueue {
  #head: Queued | undefined = undefined; // its `ahead` is the tail
  readonly #dropped: (task: TaskRecord<unknown>, reason: Error) => void;

  /** @param dropped - Told of a child that was cancelled (or its scope closed) before its turn, and is in the queue no more. */
  constructor(dropped: (task: TaskRecord<unknown>, reason: Error) => void) {
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

  /** Calls the first in line, if there is one: it starts in a microtask, unless it is cancelled by then. */
  callFirst(): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#unlink(head);
    head.call();
  }

  /** A child was cancelled before it was called. */
  drop(queued: Queued, reason: Error): void {
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
  readonly #turn = deferred<undefined>();
  #called = false;

  constructor(queue: StartQueue, task: TaskRecord<unknown>, fn: TaskFunction<unknown>) {
    super(task.scope);
    this.#queue = queue;
    this.task = task;
    this.fn = fn;
    void this.#turn.promise.then(() => {
      this.#begin();
    });
  }

  call(): void {
    this.#called = true;
    this.#turn.resolve(undefined);
  }

  override cancelled(reason: CancelledError): void {
    if (!this.#called) this.#queue.drop(this, reason);
  }

  override closed(): void {
    // By hand, as nothing else closes the scope of a task that has not ended. Out of reach of its owner's cancellation, after which
    // nobody is called any more, it would wait for ever.
    if (!this.#called)
      this.#queue.drop(this, new ClosedError("A task's scope was closed before the task's turn came."));
  }

  #begin(): void {
    const { scope } = this.task;
    if (scope.cancelled) {
      this.task._fail(scope.reason);
    } else {
      removeWaiter(this);
      this.task._start(this.fn);
    }
  }
}
