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
import { claimFailure } from "./task-record.js";
import type { TaskOwner } from "./task-owner.js";
import type { TaskOptions } from "./task-policy.js";
import { Wait } from "../wait/wait.js";
import { addWaiter, removeWaiter } from "../tree/waiter.js";

/** A child that says when it is ready: it calls `started` once, with the value for the caller; a promise is waited for. */
export type StartFunction<S> = (scope: CancelScope, started: (value: S) => void) => unknown;

/** How a child that says when it is ready is made. */
export interface StartOptions extends TaskOptions {
  /** The caller's scope: its cancellation cancels the child until the child has called `started`. Default: none does. */
  readonly scope?: CancelScope | undefined;
}

/**
 * Starts a child and waits until it calls `started` (T10); from then on it is an ordinary child.
 *
 * Until then its failure is the caller's, not the owner's: once the child has ended, the returned promise rejects with it, bare. A
 * child that ends without calling `started` rejects it with an `InvalidStateError`, and one that was cancelled with its
 * `CancelledError`; neither is ever an unhandled rejection. It also rejects where `createTask` would throw, unless an argument is wrong.
 *
 * **Cancellation**: if `scope` is cancelled before `started` is called, the child is cancelled with the same `CancelledError`, and
 * `started` throws it in the child. The promise then waits for the child's end, and rejects with `scope.reason`, or, bare, with the
 * error that the child failed with while it unwound. In a `scope` that is already cancelled, or closed, nothing is started, and it
 * rejects at once with `scope.reason`, or a `ClosedError`. A `scope` that is closed meanwhile cancels the child as well. Once
 * `started` was called, `scope` has no effect on the child, and keeps nothing of it.
 *
 * Kin: Trio's `nursery.start`.
 *
 * @throws {TypeError} Synchronously, where `fn` is not a function, or an option is of the wrong type.
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
  checkName(options?.name, "A task's name"); // `createTask`, which else checks it, is not called
  return refusal;
}

/**
 * One call of `startTask`: a wait in the caller's scope, where one was given.
 *
 * ```
 * state      #isStarting  #cut        entered when                            what `started` does
 * starting   true         undefined   made                                    resolves the promise
 * cut        true         the reason  the caller's scope is cancelled/closed  throws the child's CancelledError
 * over       false        any         `started` was called, or the child      throws InvalidStateError
 *                                     has ended
 * ```
 */
class Start<S> extends Wait<S> {
  readonly #resolve: (value: S) => void;
  readonly #fn: StartFunction<S>;
  /** The child's scope; `undefined` until the child exists. */ #child: CancelScope | undefined = undefined;
  #isStarting = true;
  /** Why the caller no longer waits: its scope's `CancelledError`, or the `ClosedError` of a closed one. */ #cut:
    Error | undefined = undefined;
  /** The error that the child failed with before it called `started`: the caller's affair. */
  #failure: { readonly error: unknown } | undefined = undefined;

  constructor(caller: CancelScope | undefined, fn: StartFunction<S>) {
    const ready = deferred<S>();
    super(caller!, ready);
    this.#resolve = ready.resolve;
    this.#fn = fn;
  }

  begin(owner: TaskOwner, options: TaskOptions | undefined): Promise<S> {
    if (this.scope !== undefined) addWaiter(this); // first: the child's function may cancel the caller
    let task: Task<void>;
    try {
      const { name = functionName(this.#fn) } = options ?? {};
      task = owner.createTask((scope) => this.#run(scope), { ...options, name });
    } catch (error) {
      removeWaiter(this);
      if (error instanceof TypeError) throw error;
      // A cancelled owner refuses children as it cancels those it has, so no caller needs to handle that. A closed one is misuse.
      return owner.scope.reason === error ? rejected(error) : Promise.reject(error);
    }
    this.#child = task.scope;
    if (this.#cut !== undefined) this.#cutChild(this.#cut);
    claimFailure(task, (error) => this.#claims(error));
    task.addDoneCallback(() => {
      this.#ended(task);
    });
    return this.promise;
  }

  override cancelled(reason: CancelledError): void {
    this.#cutChild(reason);
  }

  override closed(): void {
    this.#cutChild(
      new ClosedError("The caller's scope was closed while start() waited in it: close it when its work has ended."),
    );
  }

  #cutChild(cut: Error): void {
    this.#cut = cut;
    const child = this.#child;
    if (child === undefined) return;
    if (!isCancelledError(cut)) child.cancel(cut);
    // The same error in both scopes, as one cancellation has one instance (S7). A deadline of the child that has passed is first (S9).
    else if (!child.cancelled) cancelTree(child, cut);
  }

  /** Calls the function, whose value is nobody's. */
  async #run(scope: CancelScope): Promise<void> {
    this.#child = scope;
    await this.#fn.call(undefined, scope, (value) => {
      this.#started(value, scope);
    });
  }

  /** The child has failed. Before it called `started`, that is the caller's affair, not the owner's. */
  #claims(error: unknown): boolean {
    if (this.#isStarting) this.#failure = { error };
    return this.#isStarting;
  }

  #started(value: S, child: CancelScope): void {
    if (!this.#isStarting || this.#failure !== undefined)
      throw new InvalidStateError("started() was called twice, or after the task had ended.");
    // The caller's deadline may have passed unnoticed (S9): checking it cuts the child.
    if (this.#cut !== undefined || this.scope?.cancelled === true) throw child.reason ?? this.#cut!;
    this.#leave();
    this.#resolve(value);
  }

  #ended(task: Task<unknown>): void {
    if (!this.#isStarting) return;
    const failure = this.#failure;
    try {
      if (failure === undefined) void this.scope?._refusal(); // what ends a wait checks the waiter's scope first (C1)
    } catch (error) {
      this.#cut = error as Error; // a clock that throws fails this wait
    }
    this.#leave();
    // Only a failure that the caller must handle may be an unhandled rejection.
    if (failure === undefined || failure.error === this.#cut) void handled(this.promise);
    if (failure !== undefined) this.reject(failure.error);
    // A cancelled child may have returned because of the cancellation.
    else this.reject(this.#cut ?? task.scope.reason ?? silent(task));
  }

  #leave(): void {
    this.#isStarting = false;
    removeWaiter(this);
  }
}

function silent(task: Task<unknown>): InvalidStateError {
  return new InvalidStateError(
    `Task ${quoteName(task.name)} ended without calling started(): call it when it is ready, with what start() is to return.`,
  );
}

keepHot(() => new Start(undefined, () => {}));
