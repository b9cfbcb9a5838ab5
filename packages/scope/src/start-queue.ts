import type { CancelledError } from "./cancelled-error.js";
import { deferred } from "./deferred.js";
import { ClosedError } from "./errors.js";
import { type TaskFunction, TaskRecord } from "./task.js";
import { addWaiter, removeWaiter, Waiter } from "./waiter.js";
import { keepHot } from "./keep-hot.js";

/**
 * Children that wait their turn under a limit, first in, first out; one that is cancelled leaves in constant time (T8).
 *
 * The queue is the end of the list of the owner's children: they start in the order in which they were made, so whatever is behind the first
 * in line waits, too, or is no task. A child in line has its {@link Queued} for a value.
 *
 * A turn is a promise that was waited for where the child was made, not a call from the child that made room: so the function
 * runs with what its own caller had in `AsyncLocalStorage`, at the price of a microtask and of knowing nothing about it here.
 */
export class StartQueue {
  #first: Queued | undefined = undefined;
  readonly #owner: QueueOwner;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Adds a child whose scope is not cancelled. */
  push(task: TaskRecord<unknown>, fn: TaskFunction<unknown>): void {
    const queued = new Queued(this, task, fn);
    task._value = queued;
    addWaiter(queued);
    this.#first ??= queued;
  }

  /** Calls the first in line, if there is one: it starts in a microtask, unless it is cancelled by then. */
  callFirst(): void {
    const first = this.#first;
    if (first === undefined) return;
    this.#leave(first);
    first.call(undefined);
  }

  /** A child was cancelled before it was called. */
  drop(queued: Queued, reason: Error): void {
    this.#leave(queued);
    this.#owner.taskDropped(queued.task, reason);
  }

  /** Its scope is linked still. */
  #leave(queued: Queued): void {
    const { task } = queued;
    task._value = undefined;
    if (queued !== this.#first) return;
    this.#first = undefined;
    for (let { _next: scope } = task.scope; scope !== undefined && this.#first === undefined; scope = scope._next) {
      if (scope._subject instanceof TaskRecord && scope._subject._value instanceof Queued)
        this.#first = scope._subject._value;
    }
  }
}

/** Whom a queue belongs to. */
interface QueueOwner {
  /** Told of a child that was cancelled (or its scope closed) before its turn, and is in the queue no more. */
  taskDropped(task: TaskRecord<unknown>, reason: Error): void;
}

/** A child that waits its turn: a waiter on its own scope. */
class Queued extends Waiter {
  readonly task: TaskRecord<unknown>;
  /** Tells it that its turn has come. */
  readonly call: (value: undefined) => void;
  readonly #fn: TaskFunction<unknown>;
  readonly #queue: StartQueue;

  constructor(queue: StartQueue, task: TaskRecord<unknown>, fn: TaskFunction<unknown>) {
    super(task.scope);
    this.task = task;
    this.#fn = fn;
    this.#queue = queue;
    const turn = deferred<undefined>();
    this.call = turn.resolve;
    void turn.promise.then(this.#begin.bind(this));
  }

  override cancelled(reason: CancelledError): void {
    this.#drop(reason);
  }

  override closed(): void {
    // By hand, as nothing else closes the scope of a task that has not ended. Out of reach of its owner's cancellation, after which
    // nobody is called any more, it would wait for ever.
    this.#drop(new ClosedError("A task's scope was closed before the task's turn came."));
  }

  #drop(reason: Error): void {
    if (this.task._value === this) this.#queue.drop(this, reason);
  }

  #begin(): void {
    const { scope } = this.task;
    if (scope.cancelled) {
      this.task._fail(scope.reason);
    } else {
      removeWaiter(this);
      this.task._start(this.#fn);
    }
  }
}

keepHot(() => new Queued(undefined!, Object({}) as TaskRecord<unknown>, () => {}));
