import type { Task } from "@selvage/scope";
import { traced, AllResults } from "@selvage/scope/internal";
import { TaskOwner } from "@selvage/scope/lowlevel";
import type { TaskGroupOptions } from "../task-group.js";
import { FunctionList, type ResultAt, type TaskFunctions } from "./functions.js";

/** The results of task functions: a tuple for an array of functions, and an object for an object of functions. */
export type Results<F extends TaskFunctions> = F extends readonly unknown[]
  ? { -readonly [I in keyof F]: ResultAt<F[I]> }
  : { -readonly [K in keyof F as Exclude<K, symbol>]: ResultAt<F[K]> };

/**
 * Runs functions as the children of one TaskGroup and resolves with their results. Unlike `Promise.all`, it cancels the rest when one fails, waits
 * for all of them, and reports every error.
 *
 * An array gives an array in argument order. A plain object gives a plain object with the same keys, and each key is the name of its
 * task. A child that cancelled itself does not have a result, so it counts as a failure. Otherwise the call behaves as {@link TaskGroup.run}. Without
 * functions the result is `[]` or `{}`.
 *
 * **Cancellation**: if the cancellation of an outer owner interrupted a child, the call rejects with the outer `CancelledError`.
 *
 * Compare asyncio's `gather`, which reports one error and leaves the rest running.
 *
 * @throws {ExceptionGroup} If a child failed. The group contains every failure, in order of arrival.
 * @throws {TypeError | RangeError} Synchronously, if `fns` is not an array or a plain object of functions, or an option is wrong.
 * @example
 * ```ts
 * import { gather } from "@selvage/task-group";
 *
 * const [user, count] = await gather([async () => "Ada", (scope) => scope.sleep(1).then(() => 3)]);
 * console.assert(user === "Ada" && count === 3);
 *
 * const page = await gather({ title: async () => "Notes", length: async () => 12 });
 * console.assert(page.title === "Notes" && page.length === 12);
 * ```
 */
export function gather<const F extends TaskFunctions>(fns: F, options: TaskGroupOptions = {}): Promise<Results<F>> {
  const functions = new FunctionList(fns);
  const failures = new AllResults();
  const owner = new TaskOwner("TaskGroup", options, failures);
  return traced(owner, run);

  async function run(): Promise<Results<F>> {
    const start = (): Task<unknown>[] => owner.startAll(functions.calls);
    const tasks = (await owner.runBody(start, undefined, failures))!;
    return functions.shape(tasks.map((task) => task.result())) as Results<F>;
  }
}
