/**
 * For authors of primitives: the owner of tasks on which TaskGroup and Supervisor are built, and its parts. Users of the primitives do not need this
 * module.
 *
 * A primitive is a {@link TaskOwner} with a {@link TaskPolicy}. The owner starts children, tracks them, queues them under a limit and waits for them.
 * The policy decides what the end of a child means. An adapter that runs tasks elsewhere, for example in a worker, is just a task function.
 *
 * @example Return the first few successes. The other tasks are cancelled and waited for.
 * ```ts
 * import { ExceptionGroup, type TaskFunction } from "@selvage/scope";
 * import { TaskOwner } from "@selvage/scope/lowlevel";
 *
 * async function firstSuccesses<T>(n: number, fns: readonly TaskFunction<T>[]): Promise<T[]> {
 *   const values: T[] = [];
 *   const errors: unknown[] = [];
 *   const owner = new TaskOwner("firstSuccesses", {}, {
 *     taskEnded(task, owner) {
 *       if (task.status === "rejected") errors.push(task.exception());
 *       if (task.status !== "fulfilled" || values.length === n) return;
 *       values.push(task.result() as T);
 *       if (values.length === n) owner.scope.cancel(`${n} have succeeded`);
 *     },
 *   });
 *   for (const fn of fns) owner.createTask(fn);
 *   await owner.finish();
 *   if (values.length < n) throw new ExceptionGroup(`only ${values.length} of ${n} have succeeded`, errors);
 *   return values;
 * }
 *
 * const hanging: TaskFunction<string> = (scope) => scope.sleep(60_000).then(() => "b");
 * const mirrors = [async () => "a", hanging, () => Promise.reject(new Error("down")), async () => "d"];
 * console.assert((await firstSuccesses(2, mirrors)).join() === "a,d");
 * ```
 *
 * @example Keep the latest task per key. A new task cancels the previous one with the same key.
 * ```ts
 * import type { Task, TaskFunction } from "@selvage/scope";
 * import { TaskOwner } from "@selvage/scope/lowlevel";
 *
 * class LatestByKey<K> {
 *   readonly #latest = new Map<K, Task<unknown>>();
 *   readonly #owner = new TaskOwner("LatestByKey", {}, {
 *     taskEnded(task) {
 *       if (task.status === "rejected") console.error(`${task.name} failed:`, task.exception());
 *     },
 *   });
 *
 *   start(key: K, fn: TaskFunction<void>): void {
 *     this.#latest.get(key)?.cancel("replaced by a newer task");
 *     const task = this.#owner.createTask(fn);
 *     this.#latest.set(key, task);
 *     task.addDoneCallback(() => {
 *       if (this.#latest.get(key) === task) this.#latest.delete(key);
 *     });
 *   }
 *
 *   async close(): Promise<void> {
 *     this.#owner.scope.cancel("closed");
 *     await this.#owner.finish();
 *   }
 * }
 *
 * const searches = new LatestByKey<string>();
 * const found: string[] = [];
 * for (const text of ["se", "sel", "selv"]) {
 *   searches.start("search box", async (scope) => {
 *     await scope.sleep(1); // the user goes on typing meanwhile
 *     found.push(text);
 *   });
 * }
 * await new Promise((resolve) => setTimeout(resolve, 10));
 * await searches.close();
 * console.assert(found.join() === "selv");
 * ```
 *
 * @packageDocumentation
 */
export { membersOf } from "./error/aggregate.js";
export { Alarm, type AlarmOptions } from "./time/alarm.js";
export { startTask, type StartFunction, type StartOptions } from "./task/start-task.js";
export { type LimitProtocol, type LimitWaiter, SHARED_LIMIT, type SharedLimit } from "./task/shared-limit.js";
export type { ScopeLabel } from "./cancel-scope.js";
export { errorOf } from "./task/task.js";
export type { BodyPolicy } from "./task/run-owner.js";
export type { TaskCall, TaskOptions, TaskOwnerOptions, TaskPolicy } from "./task/task-policy.js";
export { TaskOwner } from "./task/task-owner.js";
export { observe } from "./debug/observe.js";
export { factsOf, type ScopeFacts } from "./debug/scope-facts.js";
export { parentOf } from "./tree/sibling-scope.js";
export type { Failed, Observer, ScopeEnd, ShutdownPhase } from "./tree/observer.js";
