import { ExceptionGroup, type Task, type TaskFunction } from "@selvage/scope";
import { checkFunctions, errorOf, TaskSet } from "@selvage/scope/lowlevel";
import type { TaskGroupOptions } from "./task-group.js";

/** What one of several task functions comes to. */
export type ResultOf<F extends readonly TaskFunction<unknown>[]> = Awaited<ReturnType<F[number]>>;

/**
 * Runs functions side by side; the first to end wins, the others are cancelled and waited for. `Promise.race` leaves them running.
 *
 * The winner's value is the result; a winner that failed (or cancelled itself) is thrown bare. Errors that losers throw while
 * they unwind are not lost: they make a group, with the winner's failure first if it failed.
 *
 * **Cancellation**: an outer owner's rejects it with the outer `CancelledError`, unless somebody has won before.
 *
 * Kin: aiotools' `race`.
 *
 * @throws The winner's error. @throws {ExceptionGroup} If losers failed while unwinding.
 * @throws {TypeError} Rejects, where there are no functions; synchronously, where `fns` is no array of functions or an option is wrong.
 * @example
 * ```ts
 * import { race } from "@selvage/task-group";
 *
 * const fastest = await race([(scope) => scope.sleep(60_000), async () => "mirror 2"]);
 * console.assert(fastest === "mirror 2");
 * ```
 */
export function race<const F extends readonly TaskFunction<unknown>[]>(
  fns: F,
  options?: TaskGroupOptions,
): Promise<ResultOf<F>> {
  return contest("race", fns, options, () => true);
}

/**
 * Runs functions side by side; the first to succeed wins, the others are cancelled and waited for, and failures are discarded.
 * `Promise.any` leaves them running.
 *
 * **Cancellation**: an outer owner's rejects it with the outer `CancelledError`, unless somebody has won, or failed, before.
 *
 * Kin: happy eyeballs; `Promise.any`.
 *
 * @throws {ExceptionGroup} If all failed: every failure, in order of arrival.
 * @throws {TypeError} Rejects, where there are no functions; synchronously, where `fns` is no array of functions or an option is wrong.
 * @example
 * ```ts
 * import { any } from "@selvage/task-group";
 *
 * const answer = await any([() => Promise.reject(new Error("mirror 1 is down")), async () => "mirror 2"]);
 * console.assert(answer === "mirror 2");
 * ```
 */
export function any<const F extends readonly TaskFunction<unknown>[]>(
  fns: F,
  options?: TaskGroupOptions,
): Promise<ResultOf<F>> {
  return contest("any", fns, options, (task) => task.status === "fulfilled");
}

function contest<F extends readonly TaskFunction<unknown>[]>(
  kind: "race" | "any",
  fns: F,
  options: TaskGroupOptions = {},
  wins: (task: Task<unknown>) => boolean,
): Promise<ResultOf<F>> {
  checkFunctions(fns);
  if (fns.length === 0) return Promise.reject(new TypeError(`${kind}() needs a task at least: of none, none can win.`));
  let winner: Task<unknown> | undefined;
  const errors: unknown[] = []; // the winner's comes first, as it has come first
  const set = new TaskSet(kind, options, {
    taskEnded(task) {
      if (task.status === "cancelled" && task.scope.reason === set.scope.reason) return; // cut short, not ended
      if (task.status !== "fulfilled") errors.push(errorOf(task));
      if (winner !== undefined || !wins(task)) return;
      winner = task;
      set.scope.cancel(`the ${kind} is won`);
    },
  });
  return runContest(set, fns).then(() => {
    if (winner?.status === "fulfilled" && (kind === "any" || errors.length === 0))
      return winner.result() as ResultOf<F>;
    if (winner !== undefined && errors.length === 1 && winner.status !== "fulfilled") throw errors[0];
    if (errors.length > 0) throw new ExceptionGroup(`unhandled errors in ${kind}()`, errors);
    throw set.scope.reason as Error; // everything was cut short
  });
}

async function runContest(set: TaskSet, fns: readonly TaskFunction<unknown>[]): Promise<void> {
  for (const fn of fns) {
    if (set.scope.cancelled) break; // an outer owner was first: what has begun is waited for
    set.createTask(fn);
  }
  await set.finish();
}
