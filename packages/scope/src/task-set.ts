import { CancelScope, type CancelScopeOptions, type Subject } from "./cancel-scope.js";
import { type Deferred, deferred } from "./deferred.js";
import { checkFunction, checkOptions, ClosedError, describeValue } from "./errors.js";
import { endScope } from "./run-scope.js";
import { CLOSED, STARTED, unlink } from "./scope-tree.js";
import { StartQueue } from "./start-queue.js";
import { type Task, type TaskFunction, type TaskOwner, TaskRecord } from "./task.js";
import { keepHot } from "./keep-hot.js";

/** What an owner of tasks is made with. */
export interface TaskSetOptions extends Omit<CancelScopeOptions, "deadline" | "shield"> {
  /** How many children run at once; the rest wait their turn, first in, first out. A positive integer. Default: no limit. */
  readonly limit?: number | undefined;
}

/** How one task is made. */
export interface TaskOptions {
  /** What messages and `describeTree` call it. Default: the function's own name. */
  readonly name?: string | undefined;
}

/** The one decision in which owners of tasks differ: what the end of a child means. */
export interface TaskPolicy {
  /**
   * A child has ended, and no longer counts: `task.status` says how. Called in the microtask in which it ended, after its
   * done-callbacks. Must not throw.
   */
  taskEnded(task: Task<unknown>, set: TaskSet): void;
  /** No child is left, after `taskEnded` was told of the last. Others may come. Must not throw. */
  emptied?(set: TaskSet): void;
}

/**
 * The machine under TaskGroup and Supervisor: starts children in a scope, keeps track of them, queues them under a limit.
 * What a child's end means is the policy's to say.
 *
 * For authors of primitives. The set owns a scope; every child's scope lies below it. A finished child is released.
 *
 * @throws {TypeError | RangeError} Where `limit` is no positive integer, or another option is of the wrong type.
 * @example
 * ```ts
 * import { TaskSet } from "@selvage/scope/lowlevel";
 *
 * // A policy of one's own: the first child to succeed cancels the rest.
 * const won: unknown[] = [];
 * const set = new TaskSet("Contest", { name: "mirrors" }, {
 *   taskEnded(task, set) {
 *     if (task.status !== "fulfilled") return;
 *     won.push(task.result());
 *     set.scope.cancel("somebody won");
 *   },
 *   emptied(set) {
 *     set.end();
 *   },
 * });
 * set.createTask((scope) => scope.sleep(60_000));
 * await set.createTask(async () => "fast mirror");
 * console.assert(won[0] === "fast mirror");
 * ```
 */
export class TaskSet implements TaskOwner, Subject, Iterable<Task<unknown>> {
  /** What kind of owner this is, for messages and `describeTree`: "TaskGroup". */
  readonly kind: string;
  readonly name: string | undefined;
  /** The owner's scope: cancelling it cancels all children. */
  readonly scope: CancelScope;
  readonly #policy: TaskPolicy;
  readonly #limit: number;
  /** Without a limit there is none. */ readonly #queue: StartQueue | undefined;
  #size = 0;
  #running = 0;
  #refusal: string | undefined = undefined;
  #empty: Deferred<void> | undefined = undefined;
  #abandoned: Set<Task<unknown>> | undefined = undefined;

  constructor(kind: string, options: TaskSetOptions, policy: TaskPolicy) {
    checkOptions(options);
    this.#limit = checkLimit(options.limit);
    const { parent, name, clock } = options;
    this.scope = new CancelScope({ parent, name, clock });
    this.scope._subject = this;
    this.scope._flags |= STARTED; // what runs in it are the tasks: a `run` of its own would close it over them
    this.kind = kind;
    this.name = name;
    this.#policy = policy;
    this.#queue = this.#limit === Infinity ? undefined : new StartQueue(this);
  }

  /** How many children have not ended, those that wait their turn included. */
  get size(): number {
    return this.#size;
  }

  /** How many children wait their turn. */
  get queued(): number {
    return this.#size - this.#running;
  }

  /** The children that have not ended, in order of creation: as they are now, not as they become. */
  [Symbol.iterator](): Iterator<Task<unknown>> {
    const tasks: Task<unknown>[] = [];
    for (let child = this.scope._firstChild; child !== undefined; child = child._next) {
      // One that is just ending is still linked: it looks at the clock first, and whom that tells may ask.
      if (child._subject instanceof TaskRecord && !child._subject.done) tasks.push(child._subject);
    }
    return tasks.values();
  }

  /** The child that a scope belongs to: its own, or one below it. */
  taskOf(scope: CancelScope): Task<unknown> | undefined {
    for (let node: CancelScope | undefined = scope; node !== undefined; node = node._parent) {
      if (node._parent === this.scope) return node._subject instanceof TaskRecord ? node._subject : undefined;
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
    if (name !== undefined && typeof name !== "string") {
      throw new TypeError(`A task's name must be a string, got ${describeValue(name)}.`);
    }
    this.checkOpen();
    const task = new TaskRecord<T>(this, this.scope, fn, name);
    this.#size++;
    if (this.#queue === undefined || (this.#running < this.#limit && this.#queue.isEmpty)) {
      this.#running++;
      task._start(fn);
    } else {
      this.#queue.push(task as TaskRecord<unknown>, fn);
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
    if (this.#refusal !== undefined) throw new ClosedError(this.#refusal);
    this.scope.throwIfCancelled();
  }

  /** From now on `createTask` throws a `ClosedError` that says why and what to do. The first refusal stays. */
  refuse(advice: string): void {
    this.#refusal ??= advice;
  }

  /**
   * Closes the scope, all children having ended; new ones are refused. Returns the error of scopes that were left open in it, which
   * it has cancelled and cut off (S16), and what a clock has thrown (C1).
   */
  end(): unknown {
    this.#refuseFinished();
    return endScope(this.scope);
  }

  /**
   * Waits until there are no children: neither those of now, nor those that come until then. What awaits it comes a microtask
   * later, and others may have come by then: ask for `size` again, or use {@link TaskSet.finish}, which leaves no such gap.
   */
  drained(): Promise<void> {
    return this.#size > 0 ? (this.#empty ??= deferred()).promise : Promise.resolve();
  }

  /** Waits as `drained` does and, while there are none, ends in the same step: no child slips in between and is cut off. */
  async finish(): Promise<unknown> {
    do await this.drained();
    while (this.#size > 0);
    return this.end();
  }

  /** Waits for a cancelled child no more: it no longer counts, and is cut off from the tree. The policy still hears of its end (V4). */
  abandon(task: Task<unknown>): void {
    if (task.done || this.#abandoned?.has(task) === true) return;
    (this.#abandoned ??= new Set()).add(task);
    unlink(task.scope);
    this.#uncount();
    this.#afterOneLess();
  }

  /** Told by a task of its end, once. */
  taskEnded(task: Task<unknown>): void {
    const counted = this.#abandoned?.delete(task) !== true;
    if (counted) this.#uncount();
    this.#policy.taskEnded(task, this);
    if (counted) this.#afterOneLess();
  }

  /** @internal A child cannot wait for its turn any more: it never starts, and ends in a microtask, as no task ends synchronously. */
  taskDropped(task: TaskRecord<unknown>, reason: Error): void {
    this.#running++; // it leaves as every child does
    queueMicrotask(() => {
      task._fail(reason);
    });
  }

  #refuseFinished(): void {
    this.refuse(`This ${this.kind} has finished: make a new one.`);
  }

  #uncount(): void {
    this.#running--;
    this.#size--;
  }

  #afterOneLess(): void {
    if (this.#queue?.isEmpty === false) this.#startQueued(this.#queue);
    if (this.#size > 0) return;
    const empty = this.#empty;
    this.#empty = undefined;
    empty?.resolve();
    this.#policy.emptied?.(this);
  }

  #startQueued(queue: StartQueue): void {
    // Looks at the clock every time, which may empty the queue: a queued child whose deadline has passed never starts.
    while (this.#running < this.#limit && !this.scope.cancelled && !queue.isEmpty) {
      this.#running++;
      queue.callFirst();
    }
  }
}

function checkLimit(limit: unknown): number {
  if (limit === undefined) return Infinity;
  if (typeof limit !== "number")
    throw new TypeError(`A limit must be a positive integer, got ${describeValue(limit)}.`);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new RangeError(`A limit must be a positive integer, got ${String(limit)}; leave it out for none.`);
}

keepHot((clock) => new TaskSet("", { clock }, { taskEnded() {} }));
