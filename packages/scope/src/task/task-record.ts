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
import { isCutOf } from "../run/run-scope.js";
import { cancelledBy, noteRaised, raisedIn } from "../error/raised.js";
import { detachLive, endScope } from "../run/close-scope.js";
import { UNLINKED } from "../tree/scope-options.js";
import type { Failed } from "../tree/observer.js";
import { link, STARTED } from "../tree/scope-tree.js";
import { addMethod, inspect } from "../support/symbols.js";
import type { Task, TaskFunction, TaskStatus } from "./task.js";
import { keepHot } from "../support/keep-hot.js";
import { type Watchers, watchersOf } from "./watchers.js";

/** The owner, as a task knows it. */
interface Owner {
  taskEnded(task: Task<unknown>): void;
  readonly link: ((value: never) => void) | undefined;
}

/**
 * The task behind the interface. Without private methods: for those every instance would have a word more.
 *
 * ```
 * status     _value      entered when
 * pending    undefined   made; its function is being called
 * pending    Queued      it waits for its turn under a limit
 * pending    null        it was cancelled while it waited for its turn, and ends in a microtask
 * pending    a promise   its function runs; code that awaits the task waits for this promise
 * fulfilled  the value   its function returned
 * rejected   the error   its function threw an error that is not a cancellation of its scope, or left scopes open
 * cancelled  the reason  its function threw what is one, or was never started
 * ```
 */
export class TaskRecord<T> implements Task<T>, ScopeLabel {
  readonly scope: CancelScope;
  status: TaskStatus;
  declare readonly kind: "task"; // on the prototype
  /** @internal */ _value: unknown;
  /** @internal The name, or the function that has it. */ _named: string | TaskFunction<T>;
  readonly #owner: Owner;
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
    this.#owner = owner;
    this.#watchers = undefined;
  }

  get name(): string {
    const named = this._named;
    const name = typeof named === "string" ? named : read(named, "name"); // which may be anything, or throw
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
      throw new InvalidStateError(`Task ${quoteName(this.name)} has not ended: await it, or ask in a done-callback.`);
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

  /** @internal Calls the function and sees to its end. A synchronous throw is the task's failure like any other (K1). */
  _start(fn: TaskFunction<T>): void {
    let result: unknown;
    try {
      result = callIn(this.scope, fn, this.scope);
    } catch (error) {
      result = Promise.reject(error);
    }
    // Bound methods, not closures: they are smaller, and the function itself is let go of.
    const outcome = subscribe(result, this._fulfil.bind(this), this._reject.bind(this));
    this._value = outcome;
    const { link } = this.#owner;
    if (link !== undefined) linkStack(outcome, link);
    const awaited = this.#watchers?.queued;
    if (awaited !== undefined) void (outcome as Promise<T>).then(awaited.resolve, awaited.reject);
  }

  /** @internal The function returned. This returns or throws the outcome for code that awaits the task. */
  _fulfil(value: T): unknown {
    return this._settle("fulfilled", value);
  }

  /** @internal The function threw. This throws the outcome for code that awaits the task. */
  _reject(error: unknown): unknown {
    if (isCutOf(this.scope, error)) return this._settle("cancelled", cancelledBy(this.scope, error));
    return this._settle("rejected", error);
  }

  /** @internal Ends a task that was never started. */
  _fail(error: unknown): void {
    const awaited = this.#watchers?.queued;
    if (isCutOf(this.scope, error)) this._end("cancelled", cancelledBy(this.scope, error));
    else this._end("rejected", error);
    awaited?.reject(this._value);
  }

  /** @internal Ends a task that was started. */
  _settle(status: TaskStatus, value: unknown): unknown {
    const outcome = this._value as Promise<T>;
    const isAwaited = this.#watchers?.isAwaited === true;
    this._end(status, value);
    if (!isAwaited) return undefined;
    if (this.status === "fulfilled") return this._value;
    void handled(outcome); // the owner has the error: awaiting the task does not make it unhandled (K3)
    throw this._value;
  }

  /** @internal */ _end(status: TaskStatus, value: unknown): void {
    const { scope } = this;
    // Left open: a failure, beside the function's own if it had one (S16).
    const leftOpen = scope._firstChild === undefined ? undefined : detachLive(scope, status !== "fulfilled");
    if (leftOpen !== undefined) {
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
    if (this.status === "rejected" && watchers?.claim?.(this._value) === true) {
      this.status = "fulfilled"; // the failure is somebody else's
      this._value = undefined;
    }
    if (watchers?.callbacks !== undefined) for (const callback of watchers.callbacks) callback.call();
    this.#owner.taskEnded(this);
  }

  /** @internal A clock that throws fails the task (C1). */
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
// What `console.log` prints: the task, not the tree.
addMethod(TaskRecord<unknown>, inspect, function () {
  return `Task ${quoteName(this.name)} (${this.status})`;
});

/**
 * Notes which run of the task of a scope is the latest, counted from 1, and until when the task waits for the next one; `undefined` while it
 * runs (V12).
 */
export function noteRun(scope: CancelScope, attempt: number, restartsAt: number | undefined): void {
  const task = scope._label;
  if (!(task instanceof TaskRecord) || task.done) return;
  const watchers = task._watching();
  watchers.attempt = attempt;
  watchers.restartsAt = restartsAt;
}

/** Whoever started a task may take over its failure (T10). */
export function claimFailure(task: Task<unknown>, claim: (error: unknown) => boolean): void {
  if (task instanceof TaskRecord) task._watching().claim = claim;
}

keepHot(
  () => new TaskRecord<unknown>({ link: undefined, taskEnded() {} }, new CancelScope(UNLINKED), () => {}, undefined),
);
