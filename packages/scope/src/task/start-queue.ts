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
 * Children that wait for their turn under a limit, first in, first out; one that is cancelled leaves in constant time (T8).
 *
 * The queue is the end of the list of the owner's children. They start in the order in which they were made, so whatever follows the first
 * queued one is queued, too, or is not a task. A queued child has its {@link Queued} as its value.
 *
 * A child starts with the async context of the code that made it, not of the child that made room.
 */
export class StartQueue {
  /** How many children may run. With a shared limit it is that, which then decides the order. */
  limit: number | SharedLimit = Infinity;
  /** How many children are queued. */
  length = 0;
  #first: Queued | undefined = undefined;
  readonly #owner: QueueOwner;
  /** Children that were cancelled while they were queued, and have not ended: they run nothing, and have no permit. */
  #dropped: Set<Task<unknown>> | undefined = undefined;
  /** How many children had their turn and have not begun, where that takes a microtask: those made meanwhile come after them. */
  #beginning = 0;
  /** Whether children are being started: then whoever does so goes on. */
  #isStarting = false;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  /** Whether one more child may start, beside the `others`. Under a shared limit it then has a permit. */
  admits(others: number): boolean {
    if (typeof this.limit === "object") return this.limit.tryTake();
    return this.length === 0 && this.#beginning === 0 && others - this.#droppedCount < this.limit;
  }

  /** How many children were never called, those included that were cancelled and have not ended. */
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
    observer?.opened?.(task.scope); // here, as an observer may create tasks, or cancel this one
    if (typeof this.limit === "object" && task._value === queued) this.limit.wait(queued);
  }

  /** Starts children while fewer than the limit run. */
  startWhileFree(): void {
    const wasStarting = this.#isStarting;
    this.#isStarting = true;
    // The check of the clock may empty the queue: a queued child whose deadline has passed never starts.
    while (
      this.length > 0 &&
      this.#owner.size - this.uncalled < Number(this.limit) &&
      reasonOf(this.#owner.scope) === undefined
    ) {
      this.#first?.grant();
    }
    this.#isStarting = wasStarting;
  }

  /** A child no longer counts. Returns the shared limit of which it holds a permit. */
  forget(task: Task<unknown>): SharedLimit | undefined {
    const isDropped = this.#dropped?.delete(task) === true;
    return isDropped || typeof this.limit === "number" ? undefined : this.limit;
  }

  /** A child was cancelled before its turn. */
  drop(queued: Queued, reason: Error): void {
    this.leave(queued);
    queued.task._value = null; // it was never started
    (this.#dropped ??= new Set()).add(queued.task);
    if (typeof this.limit === "object") this.limit.withdraw(queued);
    this.#owner.taskDropped(queued.task, reason);
  }

  /** A child is abandoned. If it is queued, it leaves now: its scope is cancelled, but its waiter may not have been called yet. */
  childAbandoned(task: Task<unknown>): void {
    const queued = task instanceof TaskRecord ? task._value : undefined;
    const reason = reasonOf(task.scope);
    if (!(queued instanceof Queued) || reason === undefined) return;
    removeWaiter(queued);
    this.drop(queued, reason);
  }

  /** A child has its turn. */
  begins(queued: Queued): void {
    this.leave(queued);
    this.#beginning++;
  }

  /** It begins. */
  began(): void {
    this.#beginning--;
  }

  /** Starts what came while others were about to begin. */
  startNext(): void {
    if (!this.#isStarting && this.#beginning === 0 && typeof this.limit === "number") this.startWhileFree();
  }

  /** Its scope is still linked. */
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

/** What a queue belongs to. */
interface QueueOwner {
  readonly scope: CancelScope;
  /** How many children it has, queued ones included. */
  readonly size: number;
  /** A child was cancelled (or its scope closed) before its turn, and has left the queue. */
  taskDropped(task: TaskRecord<unknown>, reason: Error): void;
}

/** A child that waits for its turn: a waiter on its own scope. */
class Queued extends Waiter implements LimitWaiter {
  readonly task: TaskRecord<unknown>;
  readonly #begin: () => void;
  readonly #queue: StartQueue;

  constructor(queue: StartQueue, task: TaskRecord<unknown>, fn: TaskFunction<unknown>) {
    super(task.scope);
    this.task = task;
    this.#queue = queue;
    this.#begin = inCallersContext(() => {
      queue.began();
      begin(this, fn);
      queue.startNext();
    });
  }

  /** Its turn has come. */
  grant(): void {
    this.#queue.begins(this);
    this.#begin();
  }

  override cancelled(reason: CancelledError): void {
    this.#drop(reason);
  }

  override closed(): void {
    // A user closed it: nothing else closes the scope of a task that has not ended. The owner's cancellation no longer reaches it, so the task
    // would wait for ever.
    this.#drop(new ClosedError("The scope of a queued task was closed, so that the task can never start."));
  }

  #drop(reason: Error): void {
    if (this.task._value === this) this.#queue.drop(this, reason);
  }
}

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
