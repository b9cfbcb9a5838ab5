/* eslint-disable max-lines -- one public class, and most of it is its documentation */
import { CancelScope, type ScopeLabel } from "../cancel-scope.js";
import { type Deferred, deferred } from "../support/deferred.js";
import { checkFunction, checkName, checkOptions } from "../support/arguments.js";
import { ClosedError } from "../error/errors.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { checkIdle, endIdle, idleIn, type Idlers } from "./idle.js";
import { endScope } from "../run/close-scope.js";
import { isCutOf, reasonOf } from "../run/run-scope.js";
import { type Failed, observer } from "../tree/observer.js";
import type { LabelledOptions } from "../tree/scope-options.js";
import { CLOSED, STARTED, unlink } from "../tree/scope-tree.js";
import { type BodyPolicy, runOwner } from "./run-owner.js";
import { checkLimit, checkReplacement, type SharedLimit } from "./shared-limit.js";
import { StartQueue } from "./start-queue.js";
import type { Task, TaskFunction } from "./task.js";
import { TaskRecord } from "./task-record.js";
import type { TaskCall, TaskOptions, TaskOwnerOptions, TaskPolicy } from "./task-policy.js";
import { keepHot } from "../support/keep-hot.js";

/**
 * The machine under TaskGroup and Supervisor: starts children in a scope, keeps track of them, queues them under a limit.
 * The policy says what the end of a child means. With `shield`, which shields the scope, it says what an outer cancellation means, too.
 *
 * For authors of primitives. It owns a scope; every child's scope lies below it. A finished child is released.
 *
 * @throws {TypeError | RangeError} Where `limit` is no positive integer, or another option is of the wrong type.
 * @example
 * ```ts
 * import { TaskOwner } from "@selvage/scope/lowlevel";
 *
 * // A policy of one's own: the first child to succeed cancels the rest.
 * const won: unknown[] = [];
 * const owner = new TaskOwner("FirstToEnd", { name: "mirrors" }, {
 *   taskEnded(task, owner) {
 *     if (task.status !== "fulfilled") return;
 *     won.push(task.result());
 *     owner.scope.cancel("somebody won");
 *   },
 *   emptied(owner) {
 *     owner.close();
 *   },
 * });
 * owner.createTask((scope) => scope.sleep(60_000));
 * await owner.createTask(async () => "fast mirror");
 * console.assert(won[0] === "fast mirror");
 * ```
 */
export class TaskOwner implements ScopeLabel, Iterable<Task<unknown>> {
  /** What kind of owner this is, for messages and `describeTree`: "TaskGroup". */
  readonly kind: string;
  readonly name: string | undefined;
  declare readonly isOwner: true; // on the prototype
  /** The owner's scope: cancelling it cancels all children. */
  readonly scope: CancelScope;
  readonly #policy: TaskPolicy;
  /** `undefined` until there is a limit. */
  #queue: StartQueue | undefined = undefined;
  /** @internal Where the async stacks of the tasks go on (E8): {@link traced} sets it. */
  link: ((value: never) => void) | undefined = undefined;
  #size = 0;
  #wasCut = false;
  #refusal: string | undefined = undefined;
  #empty: Deferred<void> | undefined = undefined;
  #abandoned: Set<Task<unknown>> | undefined = undefined;
  #idlers: Idlers | undefined = undefined;

  constructor(kind: string, options: TaskOwnerOptions, policy: TaskPolicy, shield: boolean = false) {
    checkOptions(options);
    const { limit: given = Infinity } = options;
    const limit = checkLimit(given);
    const { parent, name, clock } = options;
    this.kind = kind;
    this.name = name;
    this.#policy = policy;
    this.scope = new CancelScope({ parent, name, clock, shield, _label: this } as LabelledOptions);
    this.scope._flags |= STARTED; // the tasks run in it: `scope.run()` would close it while they run
    if (limit !== Infinity) this.#setLimit(limit);
  }

  /** How many children have not ended, queued ones included. */
  get size(): number {
    return this.#size;
  }

  /** Whether a cancellation of the owner's scope interrupted a child, or kept one from starting. */
  get wasCut(): boolean {
    return this.#wasCut;
  }

  get queued(): number {
    return this.#queue?.length ?? 0;
  }

  /** How many children were not called: those that wait for their turn, and those that were cancelled meanwhile and have not ended. */
  get uncalled(): number {
    return this.#queue?.uncalled ?? 0;
  }

  /**
   * How many children run at once; `Infinity` if there is no limit. Raising it starts queued children at once; lowering it takes effect as
   * children end.
   *
   * @throws {TypeError | RangeError} If set to what is neither a positive integer, nor `Infinity`, nor a shared limit.
   * @throws {InvalidStateError} If a shared limit is set, or replaced, while there are children: they hold its permits.
   */
  get limit(): number | SharedLimit {
    return this.#queue?.limit ?? Infinity;
  }

  set limit(value: number | SharedLimit) {
    const limit = checkLimit(value);
    checkReplacement(this.limit, limit, this.#size);
    if (limit !== this.limit) this.#setLimit(limit);
  }

  /** The children that have not ended, in order of creation: as they are now, not as they become. */
  [Symbol.iterator](): Iterator<Task<unknown>> {
    const tasks: Task<unknown>[] = [];
    for (let child = this.scope._firstChild; child !== undefined; child = child._next) {
      // One that is just ending is still linked: it looks at the clock first, and whom that tells may ask.
      if (child._label instanceof TaskRecord && !child._label.done) tasks.push(child._label);
    }
    return tasks.values();
  }

  /** The child that a scope belongs to: its own, or one below it. */
  taskOf(scope: CancelScope): Task<unknown> | undefined {
    for (let node: CancelScope | undefined = scope; node !== undefined; node = node._parent) {
      if (node._parent === this.scope) return node._label instanceof TaskRecord ? node._label : undefined;
    }
    return undefined;
  }

  /**
   * Starts a child, or queues it under the limit (K1, T8).
   *
   * @throws {TypeError} Where `fn` is no function. @throws {ClosedError} After `refuse`. @throws {CancelledError} Where the scope is cancelled.
   */
  createTask<T>(fn: TaskFunction<T>, options?: TaskOptions): Task<T> {
    checkFunction(fn, "A task");
    checkOptions(options);
    const name = options?.name;
    checkName(name, "A task's name");
    this.checkOpen();
    const task = new TaskRecord<T>(this, this.scope, fn, name);
    this.#size++;
    if (options !== undefined) this.#policy.taskCreated?.(task, options);
    const queue = this.#queue;
    if (queue === undefined || queue.admits(this.#size - 1)) {
      observer?.opened?.(task.scope); // here, as an observer may create tasks
      task._start(fn);
    } else {
      queue.push(task as TaskRecord<unknown>, fn);
    }
    return task;
  }

  /**
   * Throws what `createTask` would, and changes nothing.
   *
   * @throws {ClosedError} After `refuse`, or where the scope is closed. @throws {CancelledError} Where the scope is cancelled.
   */
  checkOpen(): void {
    // The scope may have been closed by hand: children linked below it would be out of reach of any cancellation.
    if (this.#refusal === undefined && (this.scope._flags & CLOSED) !== 0) this.#refuseFinished();
    if (this.#refusal !== undefined) throw this.#policy.refusal?.(this.#refusal) ?? new ClosedError(this.#refusal);
    this.scope.throwIfCancelled();
  }

  /**
   * Starts a child for each function, in order. If the owner is cancelled meanwhile, the rest is not started, and `wasCut` is true.
   *
   * @param started - Receives each child as it starts.
   */
  startAll(calls: readonly TaskCall[], started: Task<unknown>[] = []): Task<unknown>[] {
    try {
      for (const { fn, options } of calls) started.push(this.createTask(fn, options));
    } catch (error) {
      if (!isCutOf(this.scope, error)) throw error;
      this.#wasCut = true;
    }
    return started;
  }

  /** From now on `createTask` throws a `ClosedError` that says why and what to do. The first advice stays. */
  refuse(advice: string): void {
    this.#refusal ??= advice;
  }

  /**
   * Calls a body in the owner's scope, waits for it and for all children, and closes the scope. The policy of the body decides the outcome.
   */
  runBody<A, T>(body: (argument: A) => T | PromiseLike<T>, argument: A, policy: BodyPolicy): Promise<T | undefined> {
    return runOwner(this, body, argument, policy);
  }

  /** Waits until there are no children. Others may have come when the caller continues: check `size`, or use {@link TaskOwner.finish}. */
  whenEmpty(): Promise<void> {
    return this.#size > 0 ? (this.#empty ??= deferred()).promise : Promise.resolve();
  }

  /**
   * Waits until there are no children, and leaves the owner open. `scope` is that of the code that waits.
   *
   * **Cancellation**: rejects with the `CancelledError` of `scope`, as `sleep` does, and with a `ClosedError` when `scope` is closed.
   *
   * @throws {TypeError} Synchronously, if `scope` is not a scope. @throws {InvalidStateError} Synchronously, if it belongs to a child.
   */
  idle(scope: CancelScope): Promise<void> {
    checkIdle(scope, this);
    return scope._refusal() ?? (this.#size === 0 ? Promise.resolve() : idleIn(scope, (this.#idlers ??= new Set())));
  }

  /** Waits until there are no children, and closes the scope in the same step: no child can start in between. Returns what `close` returns. */
  async finish(isCut: boolean = false): Promise<unknown> {
    do await this.whenEmpty();
    while (this.#size > 0);
    return this.close(isCut);
  }

  /**
   * Closes the scope; all children must have ended, and new ones are refused. Returns the error of scopes that were left open in it, which are
   * cancelled and detached (S16), and what a clock has thrown (C1).
   *
   * @param isCut - Whether the owner's body was cancelled or has failed: then scopes in which nothing runs or waits are closed instead.
   */
  close(isCut: boolean = false): unknown {
    this.#refuseFinished();
    return endScope(this.scope, isCut);
  }

  /** @internal */
  _failed(failure: unknown): Failed | undefined {
    if (observer !== undefined && this.#policy.failure !== undefined) return this.#policy.failure(this, failure);
    return failure === undefined ? undefined : { error: failure };
  }

  /** Stops waiting for a cancelled child: it no longer counts, and is detached from the tree. The policy is still notified of its end (V4). */
  abandon(task: Task<unknown>): void {
    if (task.done || this.#abandoned?.has(task) === true) return;
    (this.#abandoned ??= new Set()).add(task);
    this.#queue?.childAbandoned(task); // first: it finds the next one through the links
    unlink(task.scope);
    this.#size--;
    this.#childLeft(this.#queue?.forget(task));
  }

  /** @internal Called by a task that has ended, once. */
  taskEnded(task: Task<unknown>): void {
    const counted = this.#abandoned?.delete(task) !== true;
    if (counted) this.#size--;
    const permit = counted ? this.#queue?.forget(task) : undefined; // first: the policy may read the counts, and set the limit
    if (task.status === "cancelled") this.#wasCut ||= task.scope.reason === reasonOf(this.scope);
    try {
      this.#policy.taskEnded(task, this);
    } catch (error) {
      reportUncaught(error); // a policy must not throw: the owner goes on
    }
    if (counted) this.#childLeft(permit);
  }

  /** @internal A child was cancelled while it was queued: it never starts, and ends in a microtask, because no task ends synchronously. */
  taskDropped(task: TaskRecord<unknown>, reason: Error): void {
    queueMicrotask(() => {
      task._fail(reason);
    });
  }

  #refuseFinished(): void {
    this.refuse(`This ${this.kind} has finished: make a new one.`);
  }

  #setLimit(limit: number | SharedLimit): void {
    const queue = (this.#queue ??= new StartQueue(this));
    queue.limit = limit;
    if (typeof limit === "number") queue.startWhileFree();
  }

  /** A child no longer counts. Its place, or its permit of a shared limit, is free. */
  #childLeft(permit: SharedLimit | undefined): void {
    permit?.release();
    this.#queue?.startWhileFree();
    if (this.#size > 0) return;
    const empty = this.#empty;
    this.#empty = undefined;
    empty?.resolve();
    if (this.#idlers !== undefined) endIdle(this.#idlers);
    this.#policy.emptied?.(this);
  }
}

Object.defineProperty(TaskOwner.prototype, "isOwner", { value: true });

keepHot((clock) => new TaskOwner("", { clock }, { taskEnded() {} }));
