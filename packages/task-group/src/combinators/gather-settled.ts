import { ExceptionGroup, type Task, type TaskFunction } from "@selvage/scope";
import { checkFunctions, errorOf, TaskSet, type TaskSetOptions } from "@selvage/scope/lowlevel";

/** How a tuple of task functions has ended, place by place. */
export type SettledResults<F extends readonly TaskFunction<unknown>[]> = {
  -readonly [I in keyof F]: PromiseSettledResult<Awaited<ReturnType<F[I]>>>;
};

/**
 * Runs functions side by side, none touched by another's failure, and resolves with how each has ended, in argument order:
 * `Promise.allSettled` that can be cancelled and limited, and whose tasks never outlive the call. A task that cancelled itself counts
 * as rejected, with its `CancelledError`.
 *
 * **Cancellation**: an outer owner's cancels all; it rejects with the outer `CancelledError` if a task was cut short, or with a group of
 * the errors of those that failed, so that none is lost.
 *
 * Kin: aiotools' `gather_safe`, asyncio's `gather(return_exceptions=True)`.
 *
 * @throws {TypeError | RangeError} Synchronously, where `fns` is no array of functions, or an option is wrong.
 * @example
 * ```ts
 * import { gatherSettled } from "@selvage/task-group";
 *
 * const [user, count] = await gatherSettled([async () => "Ada", () => Promise.reject(new Error("no count"))]);
 * console.assert(user.status === "fulfilled" && count.status === "rejected");
 * ```
 */
export function gatherSettled<const F extends readonly TaskFunction<unknown>[]>(
  fns: F,
  options: TaskSetOptions = {},
): Promise<SettledResults<F>> {
  const copy = checkFunctions(fns);
  let cut = false;
  const errors: unknown[] = [];
  const set = new TaskSet("gatherSettled", options, {
    taskEnded(task) {
      if (task.status === "rejected") errors.push(task.exception());
      else if (task.status === "cancelled") cut ||= task.scope.reason === set.scope.reason;
    },
  });
  return run();

  async function run(): Promise<SettledResults<F>> {
    const tasks: Task<unknown>[] = [];
    try {
      for (const fn of copy) tasks.push(set.createTask(fn));
    } catch {
      cut = true; // an outer owner was first: what has not begun is cut short, too
    }
    await set.finish();
    if (!cut) return tasks.map(settledResult) as SettledResults<F>;
    if (errors.length > 0) throw new ExceptionGroup("unhandled errors in gatherSettled()", errors);
    throw set.scope.reason as Error;
  }
}

function settledResult(task: Task<unknown>): PromiseSettledResult<unknown> {
  if (task.status === "fulfilled") return { status: "fulfilled", value: task.result() };
  return { status: "rejected", reason: errorOf(task) };
}
