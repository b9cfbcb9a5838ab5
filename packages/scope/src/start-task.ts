/// <reference lib="esnext.disposable" preserve="true" />
import { CancelScope } from "./cancel-scope.js";
import { deferred, handled, rejected } from "./deferred.js";
import { checkFunction, checkOptions, describeValue, InvalidStateError } from "./errors.js";
import { quoteName } from "./escape.js";
import { functionName } from "./function-name.js";
import { isCancellation } from "./is-cancellation.js";
import { cancelTree } from "./scope-tree.js";
import { dispose } from "./symbols.js";
import { errorOf, type Task } from "./task.js";
import type { TaskOptions } from "./task-policy.js";
import type { TaskSet } from "./task-set.js";

/** A child that says when it is ready: it calls `started` once, with what it has to show; a promise is waited for. */
export type StartFunction<S> = (scope: CancelScope, started: (value: S) => void) => unknown;

/** How {@link startTask} starts a child. */
export interface StartOptions extends TaskOptions {
  /** The caller's scope: if it is cancelled before the child is ready, the child is cancelled, too. Default: the child is on its own. */
  readonly scope?: CancelScope | undefined;
}

/**
 * Starts a child and waits until it says that it is ready (T10); from then on it is an ordinary child.
 *
 * Until then its failure belongs to the caller, not to the owner: once the child has ended, the returned promise rejects with it, bare. A
 * child that ends without calling `started` rejects it with an `InvalidStateError`, and one that was cancelled with its `CancelledError`;
 * neither is ever an unhandled rejection. It rejects, too, where `createTask` would throw, but for an argument of the wrong type.
 *
 * **Cancellation**: with `scope`, a cancellation of that scope cancels a child that is not ready, with the same reason. Once the child has ended,
 * the promise rejects with `scope.reason`, or, bare, with the error that the child failed with while unwinding. If the scope is already
 * cancelled or closed, the child is not started.
 *
 * Source: Trio's `nursery.start`.
 *
 * @throws {TypeError} Synchronously, if `fn` is not a function, the name not a string, or `scope` not a scope.
 */
export function startTask<S = void>(set: TaskSet, fn: StartFunction<S>, options?: StartOptions): Promise<S> {
  checkFunction(fn, "A task");
  checkOptions(options);
  const caller = options?.scope;
  if (caller !== undefined && !(caller instanceof CancelScope)) {
    throw new TypeError(`The option "scope" must be the CancelScope of the caller, got ${describeValue(caller)}.`);
  }
  const ready = deferred<S>();
  let isStarting = true;
  let failure: { readonly error: unknown } | undefined;
  let registration: Disposable | undefined;
  let child: CancelScope | undefined;
  const end = (): void => {
    isStarting = false;
    registration?.[dispose]();
  };
  const run = async (scope: CancelScope): Promise<void> => {
    child = scope;
    const started = (value: S): void => {
      if (!isStarting) throw new InvalidStateError("started() was called twice, or after the task had ended.");
      if (caller?.cancelled === true) throw scope.reason as Error; // which the caller's listener has cancelled
      end();
      ready.resolve(value);
    };
    try {
      await fn(scope, started);
    } catch (error) {
      if (!isStarting || isCancellation(error, scope)) throw error;
      end();
      failure = { error }; // it belongs to the caller: for the owner, the child has just ended
    }
  };
  let task: Task<void>;
  try {
    const refusal = caller?._refusal();
    if (refusal !== undefined) return refusal;
    const name = options?.name ?? functionName(fn);
    set.checkOpen();
    // First: the child may call `started` at once, and then a cancellation of the caller does not reach it.
    registration = caller?.onCancel((reason) => {
      if (isStarting && child !== undefined) cancelTree(child, reason);
    });
    task = set.createTask(run, { name });
    child = task.scope;
  } catch (error) {
    end();
    if (error instanceof TypeError) throw error;
    // A cancelled owner refuses children as it cancels those it has: that is never unhandled. A closed one is misuse.
    return set.scope.reason === error ? rejected(error) : Promise.reject(error);
  }
  task.addDoneCallback(() => {
    if (failure !== undefined) ready.reject(failure.error);
    if (!isStarting) return;
    end();
    void handled(ready.promise);
    ready.reject(whyNotStarted(task, caller));
  });
  return ready.promise;
}

function whyNotStarted(task: Task<unknown>, caller: CancelScope | undefined): unknown {
  if (caller?.reason !== undefined && task.scope.reason === caller.reason) return caller.reason;
  // One that was cancelled may have returned for that very reason.
  return task.status === "fulfilled" ? (task.scope.reason ?? silent(task)) : errorOf(task);
}

function silent(task: Task<unknown>): InvalidStateError {
  return new InvalidStateError(
    `Task ${quoteName(task.name)} ended without calling started(): call it when it is ready, with what start() is to return.`,
  );
}
