/* eslint-disable max-lines -- one public class, and most of it is its documentation */
import { CancelScope, type ScopeLabel } from "../cancel-scope.js";
import { type Deferred, deferred } from "../support/deferred.js";
import { checkFunction, checkName, checkOptions, checkParentOptions } from "../support/arguments.js";
import { ClosedError } from "../error/errors.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { checkIdle, endIdle, idleIn, type Idlers } from "./idle.js";
import { endScope } from "../run/close-scope.js";
import { isCutOf, reasonOf } from "../run/absorb.js";
import { type Failed, observer } from "../tree/observer.js";
import type { LabelledOptions } from "../tree/scope-options.js";
import { CLOSED, NAMED, STARTED, unlink } from "../tree/scope-tree.js";
import { type BodyPolicy, runOwner } from "./run-owner.js";
import { checkLimit, checkReplacement, type LimitProtocol, type SharedLimit } from "./shared-limit.js";
import { StartQueue } from "./start-queue.js";
import type { Task, TaskFunction } from "./task.js";
import { TaskRecord } from "./task-record.js";
import type { DerivedNameOptions, TaskCall, TaskOptions, TaskOwnerOptions, TaskPolicy } from "./task-policy.js";
import { keepHot } from "../support/keep-hot.js";

/**
 * Starts children in a scope, tracks them, queues them under a limit, and waits for them. TaskGroup and Supervisor are built on it. The policy
 * decides what the end of a child means. With `shield`, the scope is shielded, and the policy also decides what an outer cancellation means.
 *
 * It is for authors of primitives. It owns a scope, and the scope of every child lies below it. A finished child is released.
 *
 * @throws {TypeError | RangeError} If `limit` is not valid, or another option is of the wrong type.
 * @example
 * ```ts
 * import { TaskOwner } from "@selvage/scope/lowlevel";
 *
 * // A policy: the first child that succeeds cancels the rest.
 * const won: unknown[] = [];
 * const owner = new TaskOwner("FirstToEnd", { name: "mirrors" }, {
 *   taskEnded(task, owner) {
 *     if (task.status !== "fulfilled") return;
 *     won.push(task.result());
 *     owner.scope.cancel("a mirror has answered");
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
  /** Always true. It is defined on the prototype, so that it costs no word per owner. */
  declare readonly isOwner: true;
  /** The owner's scope. Cancelling it cancels all children. */
  readonly scope: CancelScope;
  readonly #policy: TaskPolicy;
  /** The queue; `undefined` until a limit is set. */
  #queue: StartQueue | undefined = undefined;
  /** @internal Links the async stacks of the tasks to the code that awaits the owner (E8); `undefined` unless {@link traced} has set it. */
  link: ((value: never) => void) | undefined = undefined;
  /** How many children have not ended, including queued ones. Abandoned children do not count. */
  #size = 0;
  /** Whether a cancellation of the owner's scope interrupted a child, or kept one from starting. It never becomes false again. */
  #wasCut = false;
  /** The advice with which `createTask` throws; `undefined` while children are accepted. Once set, it never changes. */
  #refusal: string | undefined = undefined;
  /** Resolves when no child is left; `undefined` unless `whenEmpty` is pending. */
  #empty: Deferred<void> | undefined = undefined;
  /** Children that were abandoned and have not ended; `undefined` until there is one. */
  #abandoned: Set<Task<unknown>> | undefined = undefined;
  /** The pending calls of `idle`; `undefined` until there is one. */
  #idlers: Idlers | undefined = undefined;

  constructor(kind: string, options: TaskOwnerOptions, policy: TaskPolicy, shield: boolean = false) {
    checkParentOptions(options);
    const { limit: given = Infinity } = options;
    const limit = checkLimit(given);
    const { parent, name, clock } = options;
    this.kind = kind;
    this.name = name;
    this.#policy = policy;
    this.scope = new CancelScope({ parent, name, clock, shield, _label: this } as LabelledOptions);
    this.scope._flags |= STARTED; // the tasks run in it, and `scope.run()` would close it while they run
    if (limit !== Infinity) this.#setLimit(limit);
  }

  /** How many children have not ended, including queued ones. */
  get size(): number {
    return this.#size;
  }

  /** Whether a cancellation of the owner's scope interrupted a child, or kept one from starting. */
  get wasCut(): boolean {
    return this.#wasCut;
  }

  /** How many children are queued. */
  get queued(): number {
    return this.#queue?.length ?? 0;
  }

  /** How many children were not called: queued ones, and those that were cancelled while they were queued and have not ended. */
  get uncalled(): number {
    return this.#queue?.uncalled ?? 0;
  }

  /**
   * How many children may run at once; `Infinity` if there is no limit. Raising it starts queued children at once. Lowering it takes effect as
   * children end.
   *
   * @throws {TypeError | RangeError} If it is set to a value that is neither a positive integer, nor `Infinity`, nor a shared limit.
   * @throws {InvalidStateError} If a shared limit is set or replaced while there are children, because they hold its permits.
   */
  get limit(): number | SharedLimit {
    return this.#queue?.limit ?? Infinity;
  }

  set limit(value: number | SharedLimit) {
    const limit = checkLimit(value);
    checkReplacement(this.limit, limit, this.#size);
    if (limit !== this.limit) this.#setLimit(limit);
  }

  /** Iterates over a copy of the children that have not ended, in order of creation. */
  [Symbol.iterator](): Iterator<Task<unknown>> {
    const tasks: Task<unknown>[] = [];
    for (let child = this.scope._firstChild; child !== undefined; child = child._next) {
      // A child that is just ending is still linked. Its end checks the clock, and a listener that runs because of that may iterate here.
      if (child._label instanceof TaskRecord && !child._label.done) tasks.push(child._label);
    }
    return tasks.values();
  }

  /** Returns the child to which a scope belongs: the scope is the child's own, or lies below it. Otherwise `undefined`. */
  taskOf(scope: CancelScope): Task<unknown> | undefined {
    for (let node: CancelScope | undefined = scope; node !== undefined; node = node._parent) {
      if (node._parent === this.scope) return node._label instanceof TaskRecord ? node._label : undefined;
    }
    return undefined;
  }

  /**
   * Starts a child, or queues it under the limit (K1, T8).
   *
   * @throws {TypeError} If `fn` is not a function. @throws {ClosedError} After `refuse`. @throws {CancelledError} If the scope is cancelled.
   */
  createTask<T>(fn: TaskFunction<T>, options?: TaskOptions): Task<T> {
    checkFunction(fn, "A task");
    checkOptions(options);
    const name = options?.name;
    checkName(name, "A task's name");
    const isNamed = name !== undefined && (options as Partial<DerivedNameOptions>)._isDerived !== true;
    this.checkOpen();
    const task = new TaskRecord<T>(this, this.scope, fn, name);
    if (isNamed) task.scope._flags |= NAMED;
    this.#size++;
    if (options !== undefined) this.#policy.taskCreated?.(task, options);
    const queue = this.#queue;
    if (queue === undefined || queue.admits(this.#size - 1, task.scope)) {
      observer?.opened?.(task.scope); // after `admits`, because an observer may create tasks
      task._start(fn);
    } else {
      queue.push(task as TaskRecord<unknown>, fn);
    }
    return task;
  }

  /**
   * Throws the error that `createTask` would throw, and changes nothing.
   *
   * @throws {ClosedError} After `refuse`, or if the scope is closed. @throws {CancelledError} If the scope is cancelled.
   */
  checkOpen(): void {
    // A user may have closed the scope. A child linked below it would not be reached by any cancellation.
    if (this.#refusal === undefined && (this.scope._flags & CLOSED) !== 0) this.#refuseFinished();
    if (this.#refusal !== undefined) throw this.#policy.refusal?.(this.#refusal) ?? new ClosedError(this.#refusal);
    this.scope.throwIfCancelled();
  }

  /**
   * Starts a child for each function, in order. If the owner is cancelled meanwhile, the rest are not started, and `wasCut` becomes true.
   *
   * @param started - The array to which each child is added when it has started.
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

  /** Makes `createTask` throw a `ClosedError` from now on. The advice says why, and what to do. The first advice stays. */
  refuse(advice: string): void {
    this.#refusal ??= advice;
  }

  /**
   * Calls a body in the owner's scope, waits for it and for all children, and closes the scope. The policy of the body decides the outcome.
   */
  runBody<A, T>(body: (argument: A) => T | PromiseLike<T>, argument: A, policy: BodyPolicy): Promise<T | undefined> {
    return runOwner(this, body, argument, policy);
  }

  /** Waits until there are no children. There may be new ones when the caller continues: check `size`, or use {@link TaskOwner.finish}. */
  whenEmpty(): Promise<void> {
    return this.#size > 0 ? (this.#empty ??= deferred()).promise : Promise.resolve();
  }

  /**
   * Waits until there are no children, and leaves the owner open. `scope` is the scope of the code that waits.
   *
   * **Cancellation**: rejects with the `CancelledError` of `scope`, as `sleep` does, and with a `ClosedError` when `scope` is closed.
   *
   * @throws {TypeError} Synchronously, if `scope` is not a scope. @throws {InvalidStateError} Synchronously, if it belongs to a child.
   */
  idle(scope: CancelScope): Promise<void> {
    checkIdle(scope, this);
    return scope._refusal() ?? (this.#size === 0 ? Promise.resolve() : idleIn(scope, (this.#idlers ??= new Set())));
  }

  /**
   * Waits until there are no children, and closes the scope in the same step, so that no child can start in between. Returns the result of `close`.
   */
  async finish(isCut: boolean = false): Promise<unknown> {
    do await this.whenEmpty();
    while (this.#size > 0);
    return this.close(isCut);
  }

  /**
   * Closes the scope. All children must have ended, and new ones are no longer accepted. Live scopes that were left open in it are cancelled and
   * detached (S16). Returns the error for them, or the error that a clock threw (C1); otherwise `undefined`.
   *
   * @param isCut - Whether the owner's body was cancelled or has failed. Then scopes in which nothing runs or waits do not count as live.
   */
  close(isCut: boolean = false): unknown {
    this.#refuseFinished();
    return endScope(this.scope, isCut);
  }

  /** @internal Called when the scope closes. The policy is called only if there are observers. */
  _failed(failure: unknown): Failed | undefined {
    if (observer !== undefined && this.#policy.failure !== undefined) return this.#policy.failure(this, failure);
    return failure === undefined ? undefined : { error: failure };
  }

  /** Stops waiting for a cancelled child. It no longer counts, and is detached from the tree. The policy is still notified of its end (V4). */
  abandon(task: Task<unknown>): void {
    if (task.done || this.#abandoned?.has(task) === true) return;
    (this.#abandoned ??= new Set()).add(task);
    this.#queue?.childAbandoned(task); // first, because the queue finds the next child through the links
    unlink(task.scope);
    this.#size--;
    this.#childLeft(task, this.#queue?.forget(task));
  }

  /** @internal What a task holds because of a shared limit, as `describeTree` prints it; otherwise `undefined`. */
  holdingOf(task: TaskRecord<unknown>): string | undefined {
    return task.done || this.#abandoned?.has(task) === true ? undefined : this.#queue?.holdingOf(task);
  }

  /** @internal Called by a task that has ended, once. */
  taskEnded(task: Task<unknown>): void {
    const counted = this.#abandoned?.delete(task) !== true;
    if (counted) this.#size--;
    const permit = counted ? this.#queue?.forget(task) : undefined; // first, because the policy may read the counts and set the limit
    if (task.status === "cancelled") this.#wasCut ||= task.scope.reason === reasonOf(this.scope);
    try {
      this.#policy.taskEnded(task, this);
    } catch (error) {
      reportUncaught(error); // a policy must not throw; if it does, the owner continues
    }
    if (counted) this.#childLeft(task, permit);
  }

  /** @internal A child was cancelled while it was queued. It never starts. It ends in a microtask, because tasks never end synchronously (K1). */
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
    queue.startWhileFree();
  }

  /** Called when a child no longer counts. Its place, or its permit of a shared limit, becomes free. */
  #childLeft(task: Task<unknown>, permit: LimitProtocol | undefined): void {
    permit?.release(task.scope);
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
