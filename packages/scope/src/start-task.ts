import type { CancelScope } from "./cancel-scope.js";
import { deferred, handled } from "./deferred.js";
import { checkFunction, InvalidStateError } from "./errors.js";
import { isCancellation } from "./is-cancellation.js";
import { errorOf, type Task } from "./task.js";
import type { TaskOptions, TaskSet } from "./task-set.js";

/** A child that says when it is ready: it calls `started` once, with what it has to show. */
export type StartFunction<S> = (scope: CancelScope, started: (value: S) => void) => unknown;

/**
 * Starts a child and waits until it says that it is ready (T10); from then on it is an ordinary child.
 *
 * Until then its failure is the caller's, not the owner's: the returned promise rejects with it, bare. A child that ends without
 * a word rejects it with an `InvalidStateError`, and a cancelled one with its `CancelledError`; neither is ever an unhandled
 * rejection. It rejects, too, where `createTask` would throw, but for a `fn` that is no function.
 *
 * Kin: Trio's `nursery.start`.
 *
 * @throws {TypeError} Synchronously, where `fn` is no function.
 */
export function startTask<S>(set: TaskSet, fn: StartFunction<S>, options?: TaskOptions): Promise<S> {
  checkFunction(fn, "A task");
  const ready = deferred<S>();
  let isStarting = true;
  const started = (value: S): void => {
    if (!isStarting) throw new InvalidStateError("started() was called twice, or after the task had ended.");
    isStarting = false;
    ready.resolve(value);
  };
  let task: Task<unknown>;
  try {
    task = set.createTask(
      async (scope) => {
        try {
          await fn(scope, started);
        } catch (error) {
          if (!isStarting || isCancellation(error, scope)) throw error;
          isStarting = false;
          ready.reject(error); // the caller's affair: for the owner, the child has just ended
        }
      },
      { name: options?.name ?? fn.name },
    );
  } catch (error) {
    ready.reject(error);
    return ready.promise;
  }
  task.addDoneCallback(() => {
    if (!isStarting) return;
    isStarting = false;
    void handled(ready.promise);
    ready.reject(task.status === "fulfilled" ? silent(task) : errorOf(task));
  });
  return ready.promise;
}

function silent(task: Task<unknown>): InvalidStateError {
  return new InvalidStateError(
    `Task "${task.name}" ended without calling started(): call it when it is ready, with what start() is to return.`,
  );
}
