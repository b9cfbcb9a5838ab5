import { deferred } from "../support/deferred.js";
import type { TaskOwner } from "./task-owner.js";

/**
 * Runs code that waits for all tasks of an owner. The async stacks of the tasks then show the code that awaits the returned promise, as with
 * `Promise.all` (E8).
 */
export function traced<T>(owner: TaskOwner, run: () => Promise<T>): Promise<T> {
  const { promise, resolve } = deferred<T>();
  owner.link = resolve;
  resolve(run()); // from here on the promise is locked in, so the calls that the tasks' links make have no effect
  return promise;
}
