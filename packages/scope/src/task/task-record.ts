/// <reference lib="esnext.disposable" preserve="true" />
import { read } from "../support/brand.js";
import { CancelScope, type ScopeLabel } from "../cancel-scope.js";
import { deferred, handled, linkStack, subscribe } from "../support/deferred.js";
import { makeDoneCallback } from "./done-callback.js";
import { callIn } from "../tree/enclosing.js";
import { checkFunction } from "../support/arguments.js";
import { InvalidStateError } from "../error/errors.js";
import { quoteName } from "../error/escape.js";
import { ExceptionGroup } from "../error/exception-group.js";
import { isCutOf } from "../run/absorb.js";
import { cancelledBy, noteRaised, raisedIn } from "../error/raised.js";
import { detachLive, endScope } from "../run/close-scope.js";
import { UNLINKED } from "../tree/scope-options.js";
import type { Failed } from "../tree/observer.js";
import { link, STARTED } from "../tree/scope-tree.js";
import { addMethod, inspect } from "../support/symbols.js";
import type { Indexed } from "./task-policy.js";
import type { Task, TaskFunction, TaskStatus } from "./task.js";
import { keepHot } from "../support/keep-hot.js";
import { type Watchers, watchersOf } from "./watchers.js";

/** What its tasks use of an owner of tasks (task-owner.ts). */
interface Owner {
  taskEnded(task: Task<unknown>): void;
  readonly link: ((value: never) => void) | undefined;
}

/**
 * The implementation of `Task`. It has no private methods, because each would cost every instance one word.
 *
 * ```
 * status     _value      meaning
 * pending    undefined   its function was not called yet, or is being called: it was just made, or its turn under a limit has come
 * pending    Queued      it waits for its turn under a limit
 * pending    null        it was cancelled while it waited for its turn, and ends in a microtask
 * pending    a promise   its function was called and has not ended; code that awaits the task waits for this promise
 * fulfilled  the value   its function returned; or `undefined`: its failure was intercepted, because `start` rejects with it (T10)
 * rejected   the error   its function failed, it left scopes open, its clock threw, or its scope was closed while it was queued
 * cancelled  the reason  its function threw a cancellation of its scope, or was never called
 * ```
 */
export class TaskRecord<T> implements Task<T>, ScopeLabel, Indexed {
  /** The task's scope, below the owner's. It is closed when the task has ended. */
  readonly scope: CancelScope;
  /** Leaves `"pending"` once. */
  status: TaskStatus;
  /** Always "task". It is defined on the prototype, so that it costs no word per task. */
  declare readonly kind: "task";
  /** @internal Its meaning depends on the status: see the table. */
  _value: unknown;
  /** @internal The name, or the function whose name it has. Once the task has ended it is the name, so that the function can be collected. */
  _named: string | TaskFunction<T>;
  /** @internal */ _index: number;
  /** Notified when the task has ended. */
  readonly #owner: Owner;
  /** What only few tasks need; `undefined` until it is needed. After the end it is kept only for the number of the run. */
  #watchers: Watchers<T> | undefined;

  constructor(owner: Owner, parent: CancelScope, fn: TaskFunction<T>, name: string | undefined) {
    const scope = new CancelScope(UNLINKED);
    scope._flags = STARTED; // the task runs in it
    scope._clock = parent._clock;
    scope._label = this;
    link(scope, parent);
    this.scope = scope;
    this.status = "pending";
    this._value = undefined;
    this._named = name ?? fn;
    this._index = 0;
    this.#owner = owner;
    this.#watchers = undefined;
  }

  get name(): string {
    const named = this._named;
    const name = typeof named === "string" ? named : read(named, "name"); // may be any value, or throw
    return typeof name === "string" && name !== "" ? name : "anonymous";
  }

  get queued(): boolean {
    return this.status === "pending" && this._value !== undefined && !(this._value instanceof Promise);
  }

  get attempt(): number {
    return this.#watchers?.attempt ?? 1;
  }

  get restartsAt(): number | undefined {
    return this.#watchers?.restartsAt;
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
      throw new InvalidStateError(
        `Task ${quoteName(this.name)} has not ended: await it, or read the outcome in a done-callback.`,
      );
    }
    if (this.status === "cancelled") throw this._value;
    return this.status === "rejected" ? this._value : undefined;
  }

  get raised(): unknown {
    return raisedIn(this.scope, this.status === "rejected" || this.status === "cancelled" ? this._value : undefined);
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

  /** @internal Calls the function, and ends the task when it ends. A synchronous throw is a failure of the task (K1). */
  _start(fn: TaskFunction<T>): void {
    let result: unknown;
    try {
      result = callIn(this.scope, fn, this.scope);
    } catch (error) {
      result = Promise.reject(error);
    }
    // Bound methods, because they are smaller than closures and do not retain the function.
    const outcome = subscribe(result, this._fulfil.bind(this), this._reject.bind(this));
    this._value = outcome;
    const { link } = this.#owner;
    if (link !== undefined) linkStack(outcome, link);
    const awaited = this.#watchers?.queued;
    if (awaited !== undefined) void (outcome as Promise<T>).then(awaited.resolve, awaited.reject);
  }

  /** @internal The function returned. Returns or throws the outcome, for code that awaits the task. */
  _fulfil(value: T): unknown {
    return this._settle("fulfilled", value);
  }

  /** @internal The function threw. Throws the outcome, for code that awaits the task. */
  _reject(error: unknown): unknown {
    if (isCutOf(this.scope, error)) return this._settle("cancelled", cancelledBy(this.scope, error));
    return this._settle("rejected", error);
  }

  /** @internal Ends a task whose function was never called. */
  _fail(error: unknown): void {
    const awaited = this.#watchers?.queued;
    if (isCutOf(this.scope, error)) this._end("cancelled", cancelledBy(this.scope, error));
    else this._end("rejected", error);
    awaited?.reject(this._value);
  }

  /** @internal Ends a task whose function was called. */
  _settle(status: TaskStatus, value: unknown): unknown {
    const outcome = this._value as Promise<T>;
    const isAwaited = this.#watchers?.isAwaited === true;
    this._end(status, value);
    if (!isAwaited) return undefined;
    if (this.status === "fulfilled") return this._value;
    void handled(outcome); // the owner has the error, so awaiting the task never makes it unhandled (K3)
    throw this._value;
  }

  /** @internal Sets the status, closes the scope, calls the done-callbacks and notifies the owner, in this order (K4). */
  _end(status: TaskStatus, value: unknown): void {
    const { scope } = this;
    const leftOpen = scope._firstChild === undefined ? undefined : detachLive(scope, status !== "fulfilled");
    if (leftOpen !== undefined) {
      // Scopes that are left open are a failure, in addition to that of the function (S16).
      noteRaised(scope, status === "fulfilled" ? undefined : raisedIn(scope, value));
      value = status === "rejected" ? new ExceptionGroup("a task failed", [value, leftOpen]) : leftOpen;
      status = "rejected";
    }
    this.status = status;
    this._value = value;
    endScope(scope, false);
    this._named = this.name;
    const watchers = this.#watchers;
    this.#watchers = watchers === undefined || watchers.attempt === 1 ? undefined : watchersOf(watchers.attempt);
    if (this.status === "rejected" && watchers?.intercept?.(this._value) === true) {
      this.status = "fulfilled"; // the caller of `start` receives the failure
      this._value = undefined;
    }
    if (watchers?.callbacks !== undefined) for (const callback of watchers.callbacks) callback.call();
    this.#owner.taskEnded(this);
  }

  /** @internal Called when the scope closes. A clock that throws then fails the task (C1). */
  _failed(failure: unknown): Failed | undefined {
    if (failure !== undefined) {
      this._value = this.status === "rejected" ? new ExceptionGroup("a task failed", [this._value, failure]) : failure;
      this.status = "rejected";
    }
    return this.status === "rejected" ? { error: this._value } : undefined;
  }

  /** @internal */ _promise(): Promise<T> {
    if (this.status === "pending") {
      const watchers = this._watching();
      watchers.isAwaited = true;
      if (this._value instanceof Promise && watchers.queued === undefined) return this._value as Promise<T>;
      return (watchers.queued ??= deferred<T>()).promise;
    }
    return this.status === "fulfilled" ? Promise.resolve(this._value as T) : Promise.reject(this._value);
  }

  /** @internal */ _watching(): Watchers<T> {
    return (this.#watchers ??= watchersOf(1));
  }
}

Object.defineProperty(TaskRecord.prototype, "kind", { value: "task" });
addMethod(TaskRecord<unknown>, inspect, function () {
  return `Task ${quoteName(this.name)} (${this.status})`;
});

/** Records the number of a task's latest run, from 1, and the time until which it waits for the next run; `undefined` while it runs (V12). */
export function noteRun(scope: CancelScope, attempt: number, restartsAt: number | undefined): void {
  const task = scope._label;
  if (task instanceof TaskRecord && !task.done) Object.assign(task._watching(), { attempt, restartsAt });
}

/** Sets the function that may take the failure of a task away from its owner (T10). It returns whether it does. */
export function interceptFailure(task: Task<unknown>, intercept: (error: unknown) => boolean): void {
  if (task instanceof TaskRecord) task._watching().intercept = intercept;
}

keepHot(
  (clock) => new TaskRecord({ link: undefined, taskEnded() {} }, new CancelScope({ clock }), () => {}, undefined),
);
