import type { Task } from "@selvage/scope";
import { traced } from "@selvage/scope/internal";
import { FunctionList, type ResultAt, type TaskFunctions } from "./functions.js";
import { outcomeOf } from "./outcome-of.js";
import { type SettledOptions, Settling, settlingOwner } from "./settling.js";

/** The outcomes of task functions: a tuple for an array of functions, and an object for an object of functions. */
export type SettledResults<F extends TaskFunctions> = F extends readonly unknown[]
  ? { -readonly [I in keyof F]: PromiseSettledResult<ResultAt<F[I]>> }
  : { -readonly [K in keyof F as Exclude<K, symbol>]: PromiseSettledResult<ResultAt<F[K]>> };

/**
 * Runs functions side by side and resolves with the outcome of each. Unlike `Promise.allSettled`, it can be cancelled and limited, and its tasks
 * never outlive the call. A failure does not affect the other functions.
 *
 * An array gives an array in argument order. A plain object gives a plain object with the same keys, and each key is the name of its
 * task. A task that cancelled itself counts as rejected with its `CancelledError`.
 *
 * `within` limits the whole call. Tasks that have not ended by then are cancelled and waited for, and count as rejected with their `CancelledError`.
 * Functions that have not been called by then are not called. The deadline keeps the process alive.
 *
 * **Cancellation**: the cancellation of an outer owner cancels all tasks. If it interrupted a task, the call rejects with the outer
 * `CancelledError`, or with a group of the errors of tasks that failed. If `within` ended first, the results are returned.
 *
 * Compare aiotools' `gather_safe`, and asyncio's `gather(return_exceptions=True)` and `wait(timeout=…)`.
 *
 * @throws {ExceptionGroup} If a clock throws, or a scope was left open in the scope of the tasks. The group contains that error and the errors of
 * tasks that failed.
 * @throws {TypeError | RangeError} Synchronously, if `fns` is not an array or a plain object of functions, or an option is wrong.
 * @example
 * ```ts
 * import { gatherSettled } from "@selvage/task-group";
 *
 * const { quick, slow } = await gatherSettled(
 *   { quick: async () => "Ada", slow: (scope) => scope.sleep(60_000) },
 *   { within: 50 },
 * );
 * console.assert(quick.status === "fulfilled" && slow.status === "rejected");
 * ```
 */
export function gatherSettled<const F extends TaskFunctions>(
  fns: F,
  options: SettledOptions = {},
): Promise<SettledResults<F>> {
  const functions = new FunctionList(fns);
  const settling = new Settling();
  const owner = settlingOwner("gatherSettled", options, settling);
  return traced(owner, run);

  async function run(): Promise<SettledResults<F>> {
    const tasks: Task<unknown>[] = [];
    try {
      owner.startAll(functions.calls, tasks);
    } catch (error) {
      settling.fail(error); // the clock has thrown (C1)
    }
    const leftOpen = await owner.finish(tasks.length < functions.calls.length);
    if (leftOpen !== undefined) settling.fail(leftOpen);
    settling.throwIfFailed(owner);
    const notStarted = { status: "rejected", reason: owner.scope.reason } as const;
    const outcomes = functions.calls.map((_, index) => {
      const task = tasks[index];
      return task === undefined ? { ...notStarted } : outcomeOf(task);
    });
    return functions.shape(outcomes) as SettledResults<F>;
  }
}
