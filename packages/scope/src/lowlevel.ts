/**
 * For authors of primitives: the machine that TaskGroup and Supervisor are policies over, and what it is made of. Users of the
 * primitives need nothing of it.
 *
 * A primitive is a {@link TaskSet} and a {@link TaskPolicy}: the set starts children, tracks them, queues them under a limit and waits for
 * them; the policy says what the end of a child means. An adapter that runs tasks elsewhere is just a task function.
 *
 * @example The first few successes; the rest are cancelled and waited for.
 * ```ts
 * import { ExceptionGroup, type TaskFunction } from "@selvage/scope";
 * import { TaskSet } from "@selvage/scope/lowlevel";
 *
 * async function firstSuccesses<T>(n: number, fns: readonly TaskFunction<T>[]): Promise<T[]> {
 *   const values: T[] = [];
 *   const errors: unknown[] = [];
 *   const set = new TaskSet("firstSuccesses", {}, {
 *     taskEnded(task, set) {
 *       if (task.status === "rejected") errors.push(task.exception());
 *       if (task.status !== "fulfilled" || values.length === n) return;
 *       values.push(task.result() as T);
 *       if (values.length === n) set.scope.cancel(`${n} have succeeded`);
 *     },
 *   });
 *   for (const fn of fns) set.createTask(fn);
 *   await set.finish();
 *   if (values.length < n) throw new ExceptionGroup(`only ${values.length} of ${n} have succeeded`, errors);
 *   return values;
 * }
 *
 * const hanging: TaskFunction<string> = (scope) => scope.sleep(60_000).then(() => "b");
 * const mirrors = [async () => "a", hanging, () => Promise.reject(new Error("down")), async () => "d"];
 * console.assert((await firstSuccesses(2, mirrors)).join() === "a,d");
 * ```
 *
 * @example The latest by key: a new task cancels the one before it under the same key.
 * ```ts
 * import type { Task, TaskFunction } from "@selvage/scope";
 * import { TaskSet } from "@selvage/scope/lowlevel";
 *
 * class LatestByKey<K> {
 *   readonly #latest = new Map<K, Task<unknown>>();
 *   readonly #set = new TaskSet("LatestByKey", {}, {
 *     taskEnded(task) {
 *       if (task.status === "rejected") console.error(`${task.name} failed:`, task.exception());
 *     },
 *   });
 *
 *   start(key: K, fn: TaskFunction<void>): void {
 *     this.#latest.get(key)?.cancel("a later one has come");
 *     const task = this.#set.createTask(fn);
 *     this.#latest.set(key, task);
 *     task.addDoneCallback(() => {
 *       if (this.#latest.get(key) === task) this.#latest.delete(key);
 *     });
 *   }
 *
 *   async close(): Promise<void> {
 *     this.#set.scope.cancel("closed");
 *     await this.#set.finish();
 *   }
 * }
 *
 * const searches = new LatestByKey<string>();
 * const found: string[] = [];
 * for (const text of ["se", "sel", "selv"]) {
 *   searches.start("search box", async (scope) => {
 *     await scope.sleep(1); // the user types on meanwhile
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
export { membersOf } from "./aggregate.js";
export { brand, hasBrand } from "./brand.js";
export { cancelAt, keepAlive, moveDeadline } from "./move-deadline.js";
export { abandon, type Deferred, deferred } from "./deferred.js";
export { callIn } from "./enclosing.js";
export { setContext } from "./error-context.js";
export { checkFunction, checkFunctions, checkOptions, checkTime, describeValue, reportUncaught } from "./errors.js";
export { escapeText, quoteName } from "./escape.js";
export { cancelAnyway, cancelBecause, cancelFor, makeReason } from "./cancel-anyway.js";
export { functionName } from "./function-name.js";
export { keepHot } from "./keep-hot.js";
export { onEnd } from "./end-listener.js";
export { nameTasks, type OwnedFailure, ownerError } from "./owner-error.js";
export { ownData, ownMessage } from "./own-data.js";
export { unwoundOf } from "./raised.js";
export { endScope } from "./close-scope.js";
export { isBusyBelow } from "./liveness.js";
export { isCutOf, reasonOf, runBody } from "./run-scope.js";
export { TIMEOUT_ERROR } from "./is-cancellation.js";
export { type LimitWaiter, SHARED_LIMIT, type SharedLimit } from "./shared-limit.js";
export { startTask, type StartFunction, type StartOptions } from "./start-task.js";
export { parentOf, siblingScope } from "./sibling-scope.js";
export { addMethod, asyncDispose, dispose } from "./symbols.js";
export { errorOf } from "./task.js";
export type { TaskOptions, TaskPolicy, TaskSetOptions } from "./task-policy.js";
export { TaskSet } from "./task-set.js";
export { noteRun } from "./task-record.js";
export { Wait } from "./wait.js";
export { addWaiter, removeWaiter, Waiter } from "./waiter.js";
export { traced } from "./traced.js";
