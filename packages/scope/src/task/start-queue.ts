import { inCallersContext } from "./caller-context.js";
import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { ClosedError } from "../error/errors.js";
import { keepHot } from "../support/keep-hot.js";
import { reasonOf } from "../run/run-scope.js";
import type { LimitWaiter, SharedLimit } from "./shared-limit.js";
import type { Task, TaskFunction } from "./task.js";
import { TaskRecord } from "./task-record.js";
import { observer } from "../tree/observer.js";
import { addWaiter, removeWaiter, Waiter } from "../tree/waiter.js";

/**
 * Children that wait for their turn under a limit, first in, first out. A cancelled child leaves the queue in constant time (T8).
 *
 * 1. The queue has no list of its own. Children start in the order in which they were made, so all queued children are at the end of the owner's list
 *    of children, and only scopes that are not tasks lie in between. A queued child has its {@link Queued} as `_value`.
 * 2. A child starts with the async context (`AsyncLocalStorage`) of the code that made it, not with that of the child that made room.
 */
export class StartQueue {
  /** How many children may run, or a shared limit, which then decides the order. `Infinity` if there is no limit. */
  limit: number | SharedLimit = Infinity;
  /** How many children are queued. */
  length = 0;
  /** The first queued child; `undefined` if and only if `length` is 0. */
  #first: Queued | undefined = undefined;
  readonly #owner: QueueOwner;
  /** Children that were cancelled while they were queued and have not ended; `undefined` until there is one. They run nothing, and hold no permit. */
  #dropped: Set<Task<unknown>> | undefined = undefined;
  /**
   * How many children had their turn but were not called yet, on platforms where that takes a microtask. Children made meanwhile start after them.
   */
  #granted = 0;
  /** Whether a call of `startWhileFree` is running. Then that call goes on, and no other one is needed. */
  #isStarting = false;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  /** Whether one more child may start, in addition to the `others`. If it may, and the limit is shared, the child holds a permit. */
  admits(others: number): boolean {
    if (typeof this.limit === "object") return this.limit.tryTake();
    return this.length === 0 && this.#granted === 0 && others - this.#droppedCount < this.limit;
  }

  /** How many children were not called: queued ones, and those that were cancelled while they were queued and have not ended. */
  get uncalled(): number {
    return this.length + this.#droppedCount;
  }

  get #droppedCount(): number {
    return this.#dropped?.size ?? 0;
  }

  /** Adds a child whose scope is not cancelled. */
  push(task: TaskRecord<unknown>, fn: TaskFunction<unknown>): void {
    const queued = new Queued(this, task, fn);
    task._value = queued;
    addWaiter(queued);
    this.length++;
    this.#first ??= queued;
    observer?.opened?.(task.scope); // last, because an observer may create tasks or cancel this one
    if (typeof this.limit === "object" && task._value === queued) this.limit.wait(queued);
  }

  /** Starts children while fewer than the limit run. */
  startWhileFree(): void {
    const wasStarting = this.#isStarting;
    this.#isStarting = true;
    // `reasonOf` checks the clock, which may empty the queue, because a queued child whose deadline has passed never starts.
    while (
      this.length > 0 &&
      this.#owner.size - this.uncalled < Number(this.limit) &&
      reasonOf(this.#owner.scope) === undefined
    ) {
      this.#first?.grant();
    }
    this.#isStarting = wasStarting;
  }

  /** Called when a child no longer counts. Returns the shared limit of which it holds a permit; `undefined` if it holds none. */
  forget(task: Task<unknown>): SharedLimit | undefined {
    const isDropped = this.#dropped?.delete(task) === true;
    return isDropped || typeof this.limit === "number" ? undefined : this.limit;
  }

  /** Called when a child was cancelled before its turn. */
  drop(queued: Queued, reason: Error): void {
    this.leave(queued);
    queued.task._value = null; // it never starts
    (this.#dropped ??= new Set()).add(queued.task);
    if (typeof this.limit === "object") this.limit.withdraw(queued);
    this.#owner.taskDropped(queued.task, reason);
  }

  /** Called when a child is abandoned. A queued child leaves now, because its scope is cancelled but its waiter may not have been called yet. */
  childAbandoned(task: Task<unknown>): void {
    const queued = task instanceof TaskRecord ? task._value : undefined;
    const reason = reasonOf(task.scope);
    if (!(queued instanceof Queued) || reason === undefined) return;
    removeWaiter(queued);
    this.drop(queued, reason);
  }

  /** Called when a child has its turn. */
  granted(queued: Queued): void {
    this.leave(queued);
    this.#granted++;
  }

  /** Called just before the function of a child that had its turn is called. */
  starting(): void {
    this.#granted--;
  }

  /** Starts children that were queued while others had their turn but were not called yet. */
  startNext(): void {
    if (!this.#isStarting && this.#granted === 0 && typeof this.limit === "number") this.startWhileFree();
  }

  /** Removes a child from the queue. Its scope must still be linked, because the next queued child is found through the links (1). */
  leave(queued: Queued): void {
    const { task } = queued;
    task._value = undefined;
    this.length--;
    if (queued !== this.#first) return;
    this.#first = undefined;
    for (let { _next: scope } = task.scope; scope !== undefined && this.#first === undefined; scope = scope._next) {
      if (scope._label instanceof TaskRecord && scope._label._value instanceof Queued)
        this.#first = scope._label._value;
    }
  }
}

/** The part of an owner of tasks that its queue uses. */
interface QueueOwner {
  readonly scope: CancelScope;
  /** How many children have not ended, including queued ones. */
  readonly size: number;
  /** Called when a child was cancelled, or its scope was closed, before its turn. The child has left the queue. */
  taskDropped(task: TaskRecord<unknown>, reason: Error): void;
}

/** A child that waits for its turn. It is a waiter on the child's own scope. */
class Queued extends Waiter implements LimitWaiter {
  /** The child. While it is queued, its `_value` is this object. */
  readonly task: TaskRecord<unknown>;
  /** Starts the child in the async context of the code that made it, perhaps in a microtask (2). */
  readonly #begin: () => void;
  readonly #queue: StartQueue;

  constructor(queue: StartQueue, task: TaskRecord<unknown>, fn: TaskFunction<unknown>) {
    super(task.scope);
    this.task = task;
    this.#queue = queue;
    this.#begin = inCallersContext(() => {
      queue.starting();
      begin(this, fn);
      queue.startNext();
    });
  }

  /** Called when the child's turn has come. */
  grant(): void {
    this.#queue.granted(this);
    this.#begin();
  }

  override cancelled(reason: CancelledError): void {
    this.#drop(reason);
  }

  override closed(): void {
    // Only a user closes the scope of a task that has not ended. The owner's cancellation no longer reaches that scope, so the task would wait for
    // ever.
    this.#drop(new ClosedError("The scope of a queued task was closed, so the task can never start."));
  }

  #drop(reason: Error): void {
    if (this.task._value === this) this.#queue.drop(this, reason);
  }
}

/** Calls the function of a child that had its turn, unless the child was cancelled meanwhile. */
function begin(queued: Queued, fn: TaskFunction<unknown>): void {
  const { task } = queued;
  const { scope } = task;
  const reason = reasonOf(scope);
  if (reason === undefined) {
    removeWaiter(queued);
    task._start(fn);
    return;
  }
  queueMicrotask(() => {
    task._fail(reason); // a task never ends synchronously (K1)
  });
}

keepHot(() => new Queued(undefined!, Object({}) as TaskRecord<unknown>, () => {}));
