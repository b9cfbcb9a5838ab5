import { deferred } from "./deferred.js";
import type { TaskSet } from "./task-set.js";

/**
 * Runs code that waits for all tasks of a set. The async stacks of the tasks show the code that awaits the returned promise, as those of
 * `Promise.all` do (E8).
 */
export function traced<T>(set: TaskSet, run: () => Promise<T>): Promise<T> {
  const { promise, resolve } = deferred<T>();
  set.link = resolve;
  resolve(run()); // from here on the promise is locked in: what the tasks' links call does nothing
  return promise;
}
