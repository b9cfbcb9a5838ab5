/// <reference lib="esnext.disposable" preserve="true" />
import { read } from "./brand.js";
import { CancelScope, type Subject } from "./cancel-scope.js";
import { noteCreation } from "./creation-site.js";
import { type Deferred, deferred, subscribe } from "./deferred.js";
import { type DoneCallback, makeDoneCallback } from "./done-callback.js";
import { callIn } from "./enclosing.js";
import { checkFunction, InvalidStateError } from "./errors.js";
import { ExceptionGroup } from "./exception-group.js";
import { endScope, isCutOf } from "./run-scope.js";
import { UNLINKED } from "./scope-options.js";
import { link, STARTED } from "./scope-tree.js";
import { addMethod, inspect } from "./symbols.js";
import { keepHot } from "./keep-hot.js";

/** Where a task is in its life: it leaves `"pending"` once, for one of the others. */
export type TaskStatus = "pending" | "fulfilled" | "rejected" | "cancelled";

/** What a task runs: it is handed the task's own scope. */
export type TaskFunction<T> = (scope: CancelScope) => T | PromiseLike<T>;

/**
 * A function running in a scope of its own, and the handle to it. Task groups and supervisors make them.
 *
 * The function starts synchronously, unless a limit queues it, and the task never ends synchronously. At its end, in one
 * microtask and in this order: the status is set, the scope closed, the done-callbacks called, the owner told.
 *
 * `await task` yields the value or throws the error; a task that nobody awaits costs no promise and never causes an unhandled
 * rejection: its owner has the error, awaited or not. Awaiting a task that somebody cancelled is, for the awaiter, an ordinary error.
 *
 * Kin: asyncio's `Task`.
 *
 * @example
 * ```ts
 * import { TaskGroup } from "@selvage/task-group";
 *
 * await TaskGroup.run(async (group) => {
 *   const task = group.createTask(async () => 42, { name: "answer" });
 *   console.assert(task.status === "pending");
 *   console.assert((await task) === 42 && task.result() === 42);
 * });
 * ```
 */
export interface Task<T> extends PromiseLike<T> {
  /** The name given, or the function's own. */
  readonly name: string;
  /** `"cancelled"` if its function ended by its scope's cancellation, whoever caused it. */
  readonly status: TaskStatus;
  /** Whether it has ended. */
  readonly done: boolean;
  /** Its scope, which was handed to its function; closed once it is done. */
  readonly scope: CancelScope;
  /**
   * The value of a fulfilled task.
   *
   * @throws {InvalidStateError} While pending. @throws {CancelledError} If cancelled. @throws Its error, if rejected.
   */
  result(): T;
  /**
   * The error of a rejected task; `undefined` of a fulfilled one.
   *
   * @throws {InvalidStateError} While pending. @throws {CancelledError} If cancelled.
   */
  exception(): unknown;
  /** Cancels this task alone: for its owner a cancelled task, not a failure. One that waits for its turn never starts. */
  cancel(reason?: unknown): void;
  /**
   * Calls `fn` when the task has ended, before its owner is told; added late, in a microtask. In order of registration; what it
   * throws is reported as uncaught.
   *
   * @returns A handle that unregisters it.
   */
  addDoneCallback(fn: (task: Task<T>) => void): Disposable;
}

/** What a task that has ended threw: the error of a rejected one, the `CancelledError` of a cancelled one. */
export function errorOf(task: Task<unknown>): unknown {
  try {
    return task.exception();
  } catch (cancelled) {
    return cancelled;
  }
}

/** Who is told of a task's end; the machine behind {@link TaskSet}. */
export interface TaskOwner {
  /** @internal */
  taskEnded(task: Task<unknown>): void;
}

/**
 * The task behind the interface. Without private methods: for those every instance would have a word more.
 *
 * ```
 * status     _value      entered when
 * pending    undefined   made; its function may be queued, or running
 * fulfilled  the value   its function returned
 * rejected   the error   its function threw what is no cancellation of its scope, or left scopes open in it
 * cancelled  the reason  its function threw what is one, or was never started
 * ```
 */
export class TaskRecord<T> implements Task<T>, Subject {
  readonly scope: CancelScope;
  status: TaskStatus;
  declare readonly kind: "task"; // on the prototype
  /** @internal */ _value: unknown;
  /** @internal The name, or the function that has it. */ _named: string | TaskFunction<T>;
  readonly #owner: TaskOwner;
  #watchers: Watchers<T> | undefined;

  constructor(owner: TaskOwner, parent: CancelScope, fn: TaskFunction<T>, name: string | undefined) {
    const scope = new CancelScope(UNLINKED);
    scope._flags = STARTED; // the task runs in it
    scope._clock = parent._clock;
    scope._subject = this;
    noteCreation(scope);
    link(scope, parent);
    this.scope = scope;
    this.status = "pending";
    this._value = undefined;
    this._named = name ?? fn;
    this.#owner = owner;
    this.#watchers = undefined;
  }

  get name(): string {
    const named = this._named;
    const name = typeof named === "string" ? named : read(named, "name"); // which may be anything, or throw
    return typeof name === "string" && name !== "" ? name : "anonymous";
  }

  get done(): boolean {
    return this.status !== "pending";
  }

  result(): T {
    if (this.exception() !== undefined || this.status === "rejected") throw this._value;
    return this._value as T;
  }

  exception(): unknown {
    if (this.status === "pending") {
      throw new InvalidStateError(`Task "${this.name}" has not ended: await it, or ask in a done-callback.`);
    }
    if (this.status === "cancelled") throw this._value;
    return this.status === "rejected" ? this._value : undefined;
  }

  cancel(reason?: unknown): void {
    this.scope.cancel(reason);
  }

  addDoneCallback(fn: (task: Task<T>) => void): Disposable {
    checkFunction(fn, "The done-callback");
    if (this.status === "pending") return makeDoneCallback(this, fn, (this._watching().callbacks ??= new Set()));
    const callback = makeDoneCallback(this, fn);
    queueMicrotask(() => {
      callback.call();
    });
    return callback;
  }

  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this._promise().then(onValue, onError);
  }

  /** @internal Calls the function and sees to its end. A synchronous throw is the task's failure like any other (K1). */
  _start(fn: TaskFunction<T>): void {
    let result: unknown;
    try {
      result = callIn(this.scope, fn, this.scope);
    } catch (error) {
      result = Promise.reject(error);
    }
    // Bound methods, not closures: they are smaller, and the function itself is let go of.
    subscribe(result, this._fulfil.bind(this), this._fail.bind(this));
  }

  /** @internal */
  _fulfil(value: T): void {
    this._end("fulfilled", value);
  }

  /** @internal */
  _fail(error: unknown): void {
    if (isCutOf(this.scope, error)) this._end("cancelled", this.scope._reason);
    else this._end("rejected", error);
  }

  /** @internal */ _end(status: TaskStatus, value: unknown): void {
    const { scope } = this;
    if (scope._firstChild !== undefined) {
      // Left open: a failure, beside the function's own if it had one (S16).
      value = joined(status, value, endScope(scope));
      status = "rejected";
    }
    this.status = status;
    this._value = value;
    const failure = endScope(scope);
    if (failure !== undefined) {
      this.status = "rejected"; // by a clock that throws (C1)
      this._value = value = joined(status, value, failure);
      status = "rejected";
    }
    this._named = this.name;
    const watchers = this.#watchers;
    this.#watchers = undefined;
    if (watchers?.callbacks !== undefined) for (const callback of watchers.callbacks) callback.call();
    if (watchers?.outcome !== undefined) {
      if (status === "fulfilled") watchers.outcome.resolve(value as T);
      else watchers.outcome.reject(value);
    }
    this.#owner.taskEnded(this);
  }

  /** @internal */ _promise(): Promise<T> {
    if (this.status === "pending") return (this._watching().outcome ??= deferred<T>()).promise;
    return this.status === "fulfilled" ? Promise.resolve(this._value as T) : Promise.reject(this._value);
  }

  /** @internal */ _watching(): Watchers<T> {
    return (this.#watchers ??= { callbacks: undefined, outcome: undefined });
  }
}

function joined(status: TaskStatus, value: unknown, failure: unknown): unknown {
  return status === "rejected" ? new ExceptionGroup("a task failed", [value, failure]) : failure;
}

Object.defineProperty(TaskRecord.prototype, "kind", { value: "task" });
// What `console.log` prints: the task, not the tree.
addMethod(TaskRecord<unknown>, inspect, function () {
  return `Task ${JSON.stringify(this.name)} (${this.status})`;
});

/** What hardly any task has: callbacks, and somebody who awaits it. */
interface Watchers<T> {
  callbacks: Set<DoneCallback> | undefined;
  outcome: Deferred<T> | undefined;
}

keepHot(() => new TaskRecord<unknown>({ taskEnded() {} }, new CancelScope(UNLINKED), () => {}, undefined));
