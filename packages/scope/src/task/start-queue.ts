import { type CallersContext, callersContext, callInContext } from "./caller-context.js";
import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { ClosedError } from "../error/errors.js";
import { keepHot } from "../support/keep-hot.js";
import { reasonOf } from "../run/absorb.js";
import { type LimitProtocol, type LimitWaiter, SHARED_LIMIT, type SharedLimit } from "./shared-limit.js";
import type { Task, TaskFunction } from "./task.js";
import { TaskRecord } from "./task-record.js";
import { observer } from "../tree/observer.js";
import { addWaiter, removeWaiter, Waiter } from "../tree/waiter.js";

/**
 * Children that wait for their turn under a limit, first in, first out. A cancelled child leaves the queue in constant time (T8).
 *
 * 1. The queue has no list of its own. Children start in the order in which they were made, so in the owner's list
 *    of children the queued ones come after those that have started. Other scopes, and dropped children that have not ended, may lie between them. A
 *    queued child has its {@link Queued} as `_value`.
 * 2. A child starts with the async context (`AsyncLocalStorage`) of the code that made it, not with that of the child that made room.
 */
export class StartQueue {
  /** How many children may run, or a shared limit, which also decides who is next. */
  #limit: number | SharedLimit = Infinity;
  /** The protocol of the shared limit; `undefined` if the limit is a number. */
  #shared: LimitProtocol | undefined = undefined;
  /** How many children are queued. */
  length = 0;
  /** The first queued child; `undefined` if and only if `length` is 0. */
  #first: Queued | undefined = undefined;
  readonly #owner: QueueOwner;
  /** Children that were cancelled while they were queued and have not ended; `undefined` until there is one. They run nothing, and hold no permit. */
  #dropped: Set<Task<unknown>> | undefined = undefined;
  /**
   * How many children were let through whose function is called only in a microtask, on platforms where that is necessary. Newer children wait behind
   * them.
   */
  #granted = 0;
  /** Whether a call of `startWhileFree` is running. Then `startNext` does nothing, because that call starts the rest. */
  #isStarting = false;

  constructor(owner: QueueOwner) {
    this.#owner = owner;
  }

  /** How many children may run; `Infinity` if there is no limit. Or a shared limit. */
  get limit(): number | SharedLimit {
    return this.#limit;
  }

  set limit(limit: number | SharedLimit) {
    this.#limit = limit;
    this.#shared = typeof limit === "number" ? undefined : limit[SHARED_LIMIT];
  }

  /**
   * Whether one more child may start. With a shared limit, this takes a permit for it.
   *
   * @param others - How many children there already are.
   */
  admits(others: number, child: CancelScope): boolean {
    if (this.#shared !== undefined) return this.#granted === 0 && this.#shared.tryTake(child);
    return this.length === 0 && this.#granted === 0 && others - this.#droppedCount < Number(this.#limit);
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
    observer?.opened?.(task.scope); // only now, because an observer may create tasks or cancel this one
    const shared = this.#shared;
    if (shared === undefined || task._value !== queued) return;
    queued.waitsFor = shared.waiting;
    observer?.waiting?.(task.scope, queued, false);
    if (task._value === queued) shared.wait(queued);
  }

  /** What a child holds, as `describeTree` prints it; `undefined` if it does not hold a permit. */
  holdingOf({ _value: value }: TaskRecord<unknown>): string | undefined {
    return value instanceof Queued || value === null ? undefined : this.#shared?.holding;
  }

  /** Starts children while fewer than the limit run. */
  startWhileFree(): void {
    const wasStarting = this.#isStarting;
    this.#isStarting = true;
    // `reasonOf` checks the clock. If the owner's deadline has passed, it cancels the owner, which drops all queued children.
    while (
      this.length > 0 &&
      this.#shared === undefined &&
      this.#owner.size - this.uncalled < Number(this.#limit) &&
      reasonOf(this.#owner.scope) === undefined
    ) {
      this.#first?.grant();
    }
    this.#isStarting = wasStarting;
  }

  /** Called when a child has ended or was abandoned. Returns the shared limit to release, if the child holds a permit; otherwise `undefined`. */
  forget(task: Task<unknown>): LimitProtocol | undefined {
    return this.#dropped?.delete(task) === true ? undefined : this.#shared;
  }

  /** Called when a child was cancelled before its turn. */
  drop(queued: Queued, reason: Error): void {
    this.leave(queued);
    queued.task._value = null; // it never starts
    (this.#dropped ??= new Set()).add(queued.task);
    this.#shared?.withdraw(queued);
    this.#owner.taskDropped(queued.task, reason);
  }

  /** Called when a child is abandoned. Its scope is cancelled, but a queued child may not have been notified yet, so it is removed now. */
  childAbandoned(task: Task<unknown>): void {
    const queued = task instanceof TaskRecord ? task._value : undefined;
    const reason = reasonOf(task.scope);
    if (!(queued instanceof Queued) || reason === undefined) return;
    removeWaiter(queued);
    this.drop(queued, reason);
  }

  /** Called when a child is let through. */
  granted(queued: Queued): void {
    this.leave(queued);
    this.#granted++;
  }

  /** Called just before the function of a child that was let through is called. */
  starting(): void {
    this.#granted--;
  }

  /** Starts children that were queued behind others that waited for their microtask. */
  startNext(): void {
    if (!this.#isStarting && this.#granted === 0) this.startWhileFree();
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
  /** The child's function. */
  readonly fn: TaskFunction<unknown>;
  readonly queue: StartQueue;
  /** The async context of the code that made the child (2). */
  readonly #context: CallersContext;
  /** What it waits for, as `describeTree` prints it; `undefined` without a shared limit, and until observers know the child's scope. */
  waitsFor: string | undefined = undefined;

  constructor(queue: StartQueue, task: TaskRecord<unknown>, fn: TaskFunction<unknown>) {
    super(task.scope);
    this.task = task;
    this.fn = fn;
    this.queue = queue;
    this.#context = callersContext(begin, this);
  }

  override get waiting(): string | undefined {
    return this.waitsFor;
  }

  /** Called when the child's turn has come. It is started, on some platforms in a microtask (caller-context.ts). */
  grant(): void {
    this.queue.granted(this);
    callInContext(this.#context, begin, this);
  }

  /** Called when the child can never have its turn under the shared limit. */
  refuse(error: Error): void {
    removeWaiter(this);
    this.#drop(error);
  }

  override cancelled(reason: CancelledError): void {
    this.#drop(reason);
  }

  override closed(): void {
    // Only user code can close the scope of a pending task. A cancellation does not reach a closed scope, so the task would wait for ever.
    this.#drop(new ClosedError("The scope of a queued task was closed, so the task can never start."));
  }

  #drop(reason: Error): void {
    if (this.task._value === this) this.queue.drop(this, reason);
  }
}

/** Calls the function of a child that had its turn, unless the child was cancelled meanwhile. */
function begin(queued: Queued): void {
  const { task, queue } = queued;
  queue.starting();
  const reason = reasonOf(task.scope);
  if (reason === undefined) {
    removeWaiter(queued);
    task._start(queued.fn);
  } else {
    queueMicrotask(() => {
      task._fail(reason); // a task never ends synchronously (K1)
    });
  }
  queue.startNext();
}

keepHot(() => new Queued(undefined!, Object({}) as TaskRecord<unknown>, () => {}));
