import { ExceptionGroup, type Task, type TaskFunction } from "@selvage/scope";
import { checkFunctions, TaskSet } from "@selvage/scope/lowlevel";
import type { TaskGroupOptions } from "../task-group.js";

/** What one of several task functions comes to. */
export type ResultOf<F extends readonly TaskFunction<unknown>[]> = Awaited<ReturnType<F[number]>>;

/**
 * Runs functions side by side; the first to end wins, the others are cancelled and waited for. `Promise.race` leaves them running.
 *
 * The winner's value is the result; a winner that failed (or cancelled itself) is thrown bare. Errors that losers throw while
 * they unwind are not lost: they make a group, with the winner's failure first if it failed.
 *
 * **Cancellation**: an outer owner's rejects it with the outer `CancelledError`, unless somebody has won before, or returns all the same.
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
  return new Contest("race", fns, options).run();
}

/**
 * Runs functions side by side; the first to succeed wins, the others are cancelled and waited for, and failures are discarded.
 * `Promise.any` leaves them running.
 *
 * **Cancellation**: an outer owner's rejects it with the outer `CancelledError`, unless somebody has won before, or returns all the
 * same; or with an `ExceptionGroup` of those that have failed.
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
  return new Contest("any", fns, options).run();
}

class Contest<F extends readonly TaskFunction<unknown>[]> {
  readonly #kind: "race" | "any";
  readonly #fns: readonly TaskFunction<unknown>[];
  readonly #set: TaskSet;
  #winner: Task<unknown> | undefined = undefined;
  /** Of all that were not cut short, in order of arrival: the winner's comes first. An object once, though several awaited it. */
  readonly #errors = new Map<unknown, unknown>();
  #anyFailed = false;

  constructor(kind: "race" | "any", fns: F, options: TaskGroupOptions = {}) {
    this.#kind = kind;
    this.#fns = checkFunctions(fns);
    this.#set = new TaskSet(kind, options, {
      taskEnded: (task) => {
        this.#taskEnded(task);
      },
    });
  }

  async run(): Promise<ResultOf<F>> {
    try {
      for (const fn of this.#fns) this.#set.createTask(fn);
    } catch {
      // An outer owner was first: what has begun is waited for.
    }
    const leftOpen = await this.#set.finish();
    if (leftOpen !== undefined) this.#failed(leftOpen);
    if (this.#fns.length === 0) throw new TypeError(`${this.#kind}() needs a task at least: of none, none can win.`);
    return this.#outcome();
  }

  #taskEnded(task: Task<unknown>): void {
    const { scope } = this.#set;
    if (task.status === "cancelled" && (this.#winner !== undefined || task.scope.reason === scope.reason)) return; // cut short
    // Who fails when all is over has not won.
    const wins = task.status === "fulfilled" || (this.#kind === "race" && !scope.cancelled);
    if (task.status === "rejected") this.#failed(task.exception());
    else if (task.status === "cancelled") this.#add(task.scope.reason);
    if (!wins || this.#winner !== undefined) return;
    this.#winner = task;
    scope.cancel(`the ${this.#kind} is won`);
  }

  #failed(error: unknown): void {
    this.#anyFailed = true;
    this.#add(error);
  }

  #add(error: unknown): void {
    this.#errors.set(Object(error) === error ? error : {}, error);
  }

  #outcome(): ResultOf<F> {
    const winner = this.#winner;
    const errors = [...this.#errors.values()];
    if (winner?.status === "fulfilled" && (this.#kind === "any" || errors.length === 0))
      return winner.result() as ResultOf<F>;
    if (winner !== undefined && winner.status !== "fulfilled" && errors.length === 1) throw errors[0];
    const { reason } = this.#set.scope;
    if (winner === undefined && !this.#anyFailed && reason !== undefined) throw reason; // an outer owner's
    throw new ExceptionGroup(`unhandled errors in ${this.#kind}()`, errors);
  }
}
