import { deferred } from "./deferred.js";
import type { TaskSet } from "./task-set.js";

/**
 * Runs what waits for all tasks of a set, such that the async stacks of the tasks go on to whoever awaits the promise returned, as those of
 * `Promise.all` do (E8).
 */
export function traced<T>(set: TaskSet, run: () => Promise<T>): Promise<T> {
  const { promise, resolve } = deferred<T>();
  set.link = resolve;
  resolve(run()); // from here on the promise is locked in: what the tasks' links call does nothing
  return promise;
}
