import type { TaskFunction } from "@selvage/scope";
import { checkFunctions, TaskSet } from "@selvage/scope/lowlevel";
import { AllResults } from "../failures.js";
import { runGroup } from "../run-group.js";
import type { TaskGroupOptions } from "../task-group.js";

/** What a tuple of task functions comes to, place by place. */
export type Results<F extends readonly TaskFunction<unknown>[]> = {
  -readonly [I in keyof F]: Awaited<ReturnType<F[I]>>;
};

/**
 * Runs functions as the children of one TaskGroup and resolves with their results, in argument order: `Promise.all` that
 * cancels the rest when one fails, waits for all, and reports every error.
 *
 * A child that cancelled itself has no result, which is a failure; otherwise all is as in {@link TaskGroup.run}. No functions:
 * `[]`.
 *
 * **Cancellation**: an outer owner's rejects it with the outer `CancelledError`, if it cut a child short.
 *
 * Kin: asyncio's `gather`, which reports one error and leaves the rest running.
 *
 * @throws {ExceptionGroup} If a child failed: every failure, in order of arrival.
 * @throws {TypeError | RangeError} Synchronously, where `fns` is no array of functions, or an option is wrong.
 * @example
 * ```ts
 * import { gather } from "@selvage/task-group";
 *
 * const [user, count] = await gather([async () => "Ada", (scope) => scope.sleep(1).then(() => 3)]);
 * console.assert(user === "Ada" && count === 3);
 * ```
 */
export function gather<const F extends readonly TaskFunction<unknown>[]>(
  fns: F,
  options: TaskGroupOptions = {},
): Promise<Results<F>> {
  const copy = checkFunctions(fns);
  const failures = new AllResults();
  const set = new TaskSet("TaskGroup", options, failures);
  return run();

  async function run(): Promise<Results<F>> {
    const tasks = await runGroup(set, failures, () => copy.map((fn) => set.createTask(fn)), undefined);
    return tasks.map((task) => task.result()) as Results<F>;
  }
}
