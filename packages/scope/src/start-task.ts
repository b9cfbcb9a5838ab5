import type { CancelScope } from "./cancel-scope.js";
import { deferred, handled, rejected } from "./deferred.js";
import { checkFunction, InvalidStateError } from "./errors.js";
import { quoteName } from "./escape.js";
import { functionName } from "./function-name.js";
import { isCancellation } from "./is-cancellation.js";
import { errorOf, type Task } from "./task.js";
import type { TaskOptions, TaskSet } from "./task-set.js";

/** A child that says when it is ready: it calls `started` once, with what it has to show; a promise is waited for. */
export type StartFunction<S> = (scope: CancelScope, started: (value: S) => void) => unknown;

/**
 * Starts a child and waits until it says that it is ready (T10); from then on it is an ordinary child.
 *
 * Until then its failure is the caller's, not the owner's: once the child has ended, the returned promise rejects with it, bare. A
 * child that ends without a word rejects it with an `InvalidStateError`, and one that was cancelled with its `CancelledError`; neither is
 * ever an unhandled rejection. It rejects, too, where `createTask` would throw, but for an argument of the wrong type.
 *
 * Kin: Trio's `nursery.start`.
 *
 * @throws {TypeError} Synchronously, where `fn` is no function, or the name no string.
 */
export function startTask<S = void>(set: TaskSet, fn: StartFunction<S>, options?: TaskOptions): Promise<S> {
  checkFunction(fn, "A task");
  const ready = deferred<S>();
  let isStarting = true;
  let failure: { readonly error: unknown } | undefined;
  const started = (value: S): void => {
    if (!isStarting) throw new InvalidStateError("started() was called twice, or after the task had ended.");
    isStarting = false;
    ready.resolve(value);
  };
  const run = async (scope: CancelScope): Promise<void> => {
    try {
      await fn(scope, started);
    } catch (error) {
      if (!isStarting || isCancellation(error, scope)) throw error;
      isStarting = false;
      failure = { error }; // the caller's affair: for the owner, the child has just ended
    }
  };
  let task: Task<void>;
  try {
    task = set.createTask(run, { name: options?.name ?? functionName(fn) });
  } catch (error) {
    if (error instanceof TypeError) throw error;
    // A cancelled owner refuses its children as it cuts them short: to whom it may concern. A closed one is misuse.
    return set.scope.reason === error ? rejected(error) : Promise.reject(error);
  }
  task.addDoneCallback(() => {
    if (failure !== undefined) ready.reject(failure.error);
    if (!isStarting) return;
    isStarting = false;
    void handled(ready.promise);
    // One that was cancelled may have returned for that very reason.
    ready.reject(task.status === "fulfilled" ? (task.scope.reason ?? silent(task)) : errorOf(task));
  });
  return ready.promise;
}

function silent(task: Task<unknown>): InvalidStateError {
  return new InvalidStateError(
    `Task ${quoteName(task.name)} ended without calling started(): call it when it is ready, with what start() is to return.`,
  );
}
