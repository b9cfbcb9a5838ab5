import { deferred } from "../support/deferred.js";
import type { TaskOwner } from "./task-owner.js";

/**
 * Runs code that waits for all tasks of an owner. The async stacks of the tasks show the code that awaits the returned promise, as those of
 * `Promise.all` do (E8).
 */
export function traced<T>(owner: TaskOwner, run: () => Promise<T>): Promise<T> {
  const { promise, resolve } = deferred<T>();
  owner.link = resolve;
  resolve(run()); // from here on the promise is locked in: what the tasks' links call does nothing
  return promise;
}
