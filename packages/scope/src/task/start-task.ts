import { CancelScope } from "../cancel-scope.js";
import { type CancelledError, isCancelledError } from "../error/cancelled-error.js";
import { deferred, handled, rejected } from "../support/deferred.js";
import { checkFunction, checkName, checkOptions, describeValue } from "../support/arguments.js";
import { ClosedError, InvalidStateError } from "../error/errors.js";
import { quoteName } from "../error/escape.js";
import { functionName } from "../support/function-name.js";
import { keepHot } from "../support/keep-hot.js";
import { cancelTree } from "../tree/scope-tree.js";
import type { Task } from "./task.js";
import { interceptFailure } from "./task-record.js";
import type { TaskOwner } from "./task-owner.js";
import type { TaskOptions } from "./task-policy.js";
import { Wait } from "../wait/wait.js";
import { addWaiter, removeWaiter } from "../tree/waiter.js";

/** The function of a child that reports when it is ready. It calls `started` once, with the value for the caller. */
export type StartFunction<S> = (scope: CancelScope, started: (value: S) => void) => unknown;

/** Options of {@link startTask}. */
export interface StartOptions extends TaskOptions {
  /** The caller's scope. Its cancellation also cancels the child, until the child has called `started`. Default: none. */
  readonly scope?: CancelScope | undefined;
}

/**
 * Starts a child and waits until it calls `started` (T10). From then on it is an ordinary child.
 *
 * If the child fails before that, the caller receives the failure, and the owner does not: when the child has ended, the returned promise rejects
 * with its error, bare. If the child ends without calling `started`, the promise rejects with an `InvalidStateError`, or with the `CancelledError`
 * if the child was cancelled. Neither is ever an unhandled rejection. If `createTask` throws, the promise rejects with its error, except that a
 * wrong argument is thrown.
 *
 * **Cancellation**: if `scope` is cancelled before `started` is called, the child is cancelled with the same `CancelledError`, and `started` throws
 * it in the child. The promise then waits for the child's end, and rejects with `scope.reason`, or, bare, with the error with which the child
 * failed while it unwound. If `scope` is already cancelled or closed, nothing is started, and the promise rejects at once with `scope.reason` or a
 * `ClosedError`. If `scope` is closed meanwhile, the child is cancelled too. After `started` was called, `scope` does not affect the child, and
 * does not retain it.
 *
 * Compare Trio's `nursery.start`.
 *
 * @throws {TypeError} Synchronously, if `fn` is not a function, or an option is of the wrong type.
 */
export function startTask<S = void>(owner: TaskOwner, fn: StartFunction<S>, options?: StartOptions): Promise<S> {
  checkFunction(fn, "A task");
  checkOptions(options);
  const caller = options?.scope;
  if (caller !== undefined && !(caller instanceof CancelScope)) {
    throw new TypeError(`The option "scope" must be the caller's CancelScope, got ${describeValue(caller)}.`);
  }
  const refusal = caller?._refusal();
  if (refusal === undefined) return new Start<S>(caller, fn).begin(owner, options);
  checkName(options?.name, "A task's name"); // `createTask`, which otherwise checks it, is not called
  return refusal;
}

/**
 * One call of `startTask`. It is a wait in the caller's scope, if one was given.
 *
 * ```
 * state      #isStarting  #callerError  entered when                            what `started` does
 * starting   true         undefined     made                                    resolves the promise
 * given up   true         the error     the caller's scope is cancelled/closed  throws the child's CancelledError
 * over       false        any           `started` was called, or the child      throws InvalidStateError
 *                                       has ended
 * ```
 */
class Start<S> extends Wait<S> {
  /** Resolves the promise with the value of `started`. */
  readonly #resolve: (value: S) => void;
  /** The function of the child. */
  readonly #fn: StartFunction<S>;
  /** The child's scope; `undefined` until the child's function is called or the child is queued. */
  #child: CancelScope | undefined = undefined;
  /** Whether the call is pending. */
  #isStarting = true;
  /** The `CancelledError` of the caller's scope, or a `ClosedError` if it was closed; `undefined` while it is live, or if none was given. */
  #callerError: Error | undefined = undefined;
  /** The error with which the child failed before it called `started`, which the caller receives; `undefined` if it has not failed. */
  #failure: { readonly error: unknown } | undefined = undefined;

  constructor(caller: CancelScope | undefined, fn: StartFunction<S>) {
    const ready = deferred<S>();
    super(caller!, ready);
    this.#resolve = ready.resolve;
    this.#fn = fn;
  }

  /** Creates the child, and returns the promise of the call. */
  begin(owner: TaskOwner, options: TaskOptions | undefined): Promise<S> {
    if (this.scope !== undefined) addWaiter(this); // first, because the child's function may cancel the caller
    let task: Task<void>;
    try {
      const derived = options?.name === undefined && { name: functionName(this.#fn), _isDerived: true };
      task = owner.createTask((scope) => this.#run(scope), { ...options, ...derived });
    } catch (error) {
      removeWaiter(this);
      if (error instanceof TypeError) throw error;
      // A cancelled owner does not accept children. That need not be handled, just as the cancellation of a child need not. A closed owner is misuse.
      return owner.scope.reason === error ? rejected(error) : Promise.reject(error);
    }
    this.#child = task.scope;
    if (this.#callerError !== undefined) this.#cancelChild(this.#callerError);
    interceptFailure(task, (error) => this.#intercept(error));
    task.addDoneCallback(() => {
      this.#ended(task);
    });
    return this.promise;
  }

  override cancelled(reason: CancelledError): void {
    this.#cancelChild(reason);
  }

  override closed(): void {
    this.#cancelChild(
      new ClosedError("The caller's scope was closed while start() waited in it: close it when its work has ended."),
    );
  }

  /** The caller's scope has ended: cancels the child, if it exists. */
  #cancelChild(error: Error): void {
    this.#callerError = error;
    const child = this.#child;
    if (child === undefined) return;
    if (!isCancelledError(error)) child.cancel(error);
    // Both scopes have the same error, because each cancellation has one instance (S7). A deadline of the child that has passed comes first (S9).
    else if (!child.cancelled) cancelTree(child, error);
  }

  /** Calls the child's function. Its value is ignored. */
  async #run(scope: CancelScope): Promise<void> {
    this.#child = scope;
    await this.#fn.call(undefined, scope, (value) => {
      this.#started(value, scope);
    });
  }

  /** The child has failed. Returns whether the caller receives the failure, which is so until the child has called `started`. */
  #intercept(error: unknown): boolean {
    if (this.#isStarting) this.#failure = { error };
    return this.#isStarting;
  }

  #started(value: S, child: CancelScope): void {
    if (!this.#isStarting || this.#failure !== undefined)
      throw new InvalidStateError("started() was called twice, or after the task had ended.");
    // The caller's deadline may have passed without being noticed (S9). The check then cancels the child.
    if (this.#callerError !== undefined || this.scope?.cancelled === true) throw child.reason ?? this.#callerError!;
    this.#leave();
    this.#resolve(value);
  }

  #ended(task: Task<unknown>): void {
    if (!this.#isStarting) return;
    const failure = this.#failure;
    try {
      if (failure === undefined) void this.scope?._refusal(); // the end of a wait checks the waiter's scope first (C1)
    } catch (error) {
      this.#callerError = error as Error; // a clock that throws fails this wait
    }
    this.#leave();
    // Only a failure that the caller must handle may be an unhandled rejection.
    if (failure === undefined || failure.error === this.#callerError) void handled(this.promise);
    if (failure !== undefined) this.reject(failure.error);
    // A cancelled child may have returned because of the cancellation.
    else this.reject(this.#callerError ?? task.scope.reason ?? notStarted(task));
  }

  /** Ends the wait. */
  #leave(): void {
    this.#isStarting = false;
    removeWaiter(this);
  }
}

/** The error of a child that ended without calling `started`. */
function notStarted(task: Task<unknown>): InvalidStateError {
  return new InvalidStateError(
    `Task ${quoteName(task.name)} ended without calling started(): call it when the task is ready, with the value for the caller of start().`,
  );
}

keepHot(() => new Start(undefined, () => {}));
