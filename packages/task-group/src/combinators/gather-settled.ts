import type { Task } from "@selvage/scope";
import { traced } from "@selvage/scope/internal";
import { FunctionList, type ResultAt, type TaskFunctions } from "./functions.js";
import { outcomeOf } from "./outcome-of.js";
import { type SettledOptions, Settling, settlingOwner } from "./settling.js";

/** How task functions have ended: a tuple place by place, an object key by key. */
export type SettledResults<F extends TaskFunctions> = F extends readonly unknown[]
  ? { -readonly [I in keyof F]: PromiseSettledResult<ResultAt<F[I]>> }
  : { -readonly [K in keyof F as Exclude<K, symbol>]: PromiseSettledResult<ResultAt<F[K]>> };

/**
 * Runs functions side by side and resolves with how each has ended: `Promise.allSettled` that can be cancelled and limited, and
 * whose tasks never outlive the call. A failure touches no other function.
 *
 * An array gives an array in argument order. A plain object gives a plain object with the same keys, and each key is the name of its
 * task. A task that cancelled itself counts as rejected with its `CancelledError`.
 *
 * `within` limits the whole call: what has not ended by then is cancelled and waited for, and counts as rejected with its
 * `CancelledError`. Functions that have not been called by then are not called. The deadline keeps the process alive.
 *
 * **Cancellation**: an outer owner's cancellation cancels all. If it interrupted a task, the call rejects with the outer
 * `CancelledError`, or with a group of the errors of those that failed. If `within` ended first, the results are returned.
 *
 * Kin: aiotools' `gather_safe`, asyncio's `gather(return_exceptions=True)` and `wait(timeout=…)`.
 *
 * @throws {ExceptionGroup} If a clock throws, or a scope was left open in the scope of the tasks: a group of that error and of those of tasks
 * that failed.
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
      settling.fail(error); // a clock that throws (C1)
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
