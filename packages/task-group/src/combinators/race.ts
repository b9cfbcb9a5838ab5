import type { Task, TaskFunction } from "@selvage/scope";
import {
  cancelAnyway,
  cancelBecause,
  reasonOf,
  checkFunction,
  checkFunctions,
  checkParentOptions,
  reportUncaught,
  traced,
  FailureList,
} from "@selvage/scope/internal";
import { type Failed, TaskOwner } from "@selvage/scope/lowlevel";
import type { TaskGroupOptions } from "../task-group.js";
import { outcomeOf } from "./outcome-of.js";

/** The type of the result of one of several task functions. */
export type ResultOf<F extends readonly TaskFunction<unknown>[]> = Awaited<ReturnType<F[number]>>;

/** The options of {@link race} and {@link any}. */
export interface RaceOptions<T> extends TaskGroupOptions {
  /**
   * Called with every outcome of a loser that is neither returned nor thrown, and the index of its function. The outcome is a value (for example a
   * connection, which would otherwise have no owner), an error, or the `CancelledError` of a loser that was cancelled. The call is made
   * synchronously when the loser ends. A failure before the win is passed on when a function wins, because it would be thrown if none did. An error
   * of the callback is reported as uncaught.
   */
  readonly discarded?: ((outcome: PromiseSettledResult<T>, index: number) => void) | undefined;
}

/**
 * Runs functions side by side. The first to settle wins, and the others are cancelled and waited for. `Promise.race` leaves them running.
 *
 * A value that has won is returned, whatever the losers do. A failure that has won is thrown bare, or in a group with the errors
 * with which losers fail while they unwind. A function that cancels its own scope settles with its `CancelledError`. Everything
 * else that losers return or throw is passed to `discarded`.
 *
 * **Cancellation**: if an outer owner cancels, the call rejects with the outer `CancelledError`, unless a function has already won, or returns a
 * value although it was cancelled.
 *
 * Compare aiotools' `race`.
 *
 * @throws The winner's error.
 * @throws {ExceptionGroup} If a failure has won, or no function has won, and others failed while they unwound.
 * @throws {TypeError} Rejects if there are no functions; synchronously if `fns` is not an array of functions or an option is wrong.
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
  options?: RaceOptions<NoInfer<ResultOf<F>>>,
): Promise<ResultOf<F>> {
  return new FirstToEnd("race", fns, options as RaceOptions<unknown>).run() as Promise<ResultOf<F>>;
}

/**
 * Runs functions side by side. The first to succeed wins, and the others are cancelled and waited for. `Promise.any` leaves them running.
 *
 * Failures before the win, and all outcomes of losers after it, are passed to `discarded`.
 *
 * **Cancellation**: if an outer owner cancels, the call rejects with the outer `CancelledError`, or with an `ExceptionGroup` if functions have
 * failed. If a function has already won, or returns a value although it was cancelled, that value is returned.
 *
 * Compare `Promise.any` and happy eyeballs.
 *
 * @throws {ExceptionGroup} If all functions failed. The group contains every failure, in order of arrival.
 * @throws {TypeError} Rejects if there are no functions; synchronously if `fns` is not an array of functions or an option is wrong.
 * @example
 * ```ts
 * import { any } from "@selvage/task-group";
 *
 * const failures: string[] = [];
 * const answer = await any([() => Promise.reject(new Error("mirror 1 is down")), async () => "mirror 2"], {
 *   discarded: (outcome, index) => failures.push(`${index}: ${outcome.status}`),
 * });
 * console.assert(answer === "mirror 2" && failures.join() === "0: rejected");
 * ```
 */
export function any<const F extends readonly TaskFunction<unknown>[]>(
  fns: F,
  options?: RaceOptions<NoInfer<ResultOf<F>>>,
): Promise<ResultOf<F>> {
  return new FirstToEnd("any", fns, options as RaceOptions<unknown>).run() as Promise<ResultOf<F>>;
}

/**
 * One call of `race` or `any`.
 *
 * ```
 * state             a value            a failure                   a cancellation by the call's scope
 * nothing has won   wins               race: wins; any: is kept    is kept
 * a value has won   is discarded       is discarded                is discarded
 * a failure won     is discarded       is added to the group       is discarded
 * ```
 *
 * Outcomes that are kept are discarded when a value wins. After an outer cancellation, a failure does not win a race. If the clock throws while the
 * functions are started, that wins as a failure does (C1).
 */
class FirstToEnd extends FailureList {
  readonly #kind: "race" | "any";
  readonly #fns: readonly TaskFunction<unknown>[];
  /** The option; `undefined` if it was not given. */
  readonly #discarded: RaceOptions<unknown>["discarded"];
  readonly #owner: TaskOwner;
  /** The tasks that were started, in the order of the functions. */
  readonly #tasks: Task<unknown>[] = [];
  /** The index of the function of each task; `undefined` until it is needed. */
  #indices: Map<Task<unknown>, number> | undefined = undefined;
  /** Whether a value or a failure has won, or the start has failed. It never becomes false again. */
  #isDecided = false;
  /** The task whose value has won; `undefined` if none has. */
  #winner: Task<unknown> | undefined = undefined;
  /** The tasks that ended while nothing had won; empty once it is decided. */
  #kept: Task<unknown>[] = [];
  /** Whether a task, the start or the end of the scope has failed. */
  #anyFailed = false;
  /** The error with which the call rejects; `undefined` until that is decided. */
  #thrown: Failed | undefined = undefined;

  constructor(kind: "race" | "any", fns: readonly TaskFunction<unknown>[], options: RaceOptions<unknown> = {}) {
    super();
    this.#kind = kind;
    this.#fns = checkFunctions(fns);
    checkParentOptions(options);
    this.#discarded = options.discarded;
    if (this.#discarded !== undefined) checkFunction(this.#discarded, "discarded");
    this.#owner = new TaskOwner(kind, options, this);
  }

  run(): Promise<unknown> {
    return traced(this.#owner, () => this.#run());
  }

  async #run(): Promise<unknown> {
    const { scope } = this.#owner;
    const calls = this.#fns.map((fn) => ({ fn }));
    try {
      this.#owner.startAll(calls, this.#tasks);
    } catch (error) {
      // The clock has thrown (C1).
      this.#fail(error, undefined);
      this.#isDecided = true;
      cancelBecause(scope, error, undefined);
    }
    const leftOpen = await this.#owner.finish();
    if (this.#fns.length === 0) throw new TypeError(`${this.#kind}() needs at least one task.`);
    if (this.#winner !== undefined) return this.#winner.result(); // whatever the losers do or leave open
    const failed = this.failure(this.#owner, leftOpen);
    throw failed === undefined ? scope.reason : failed.error; // the reason of an outer owner
  }

  /** Returns the error with which the call rejects; `undefined` if a value has won, or an outer cancellation decides. */
  failure(owner: TaskOwner, leftOpen: unknown): Failed | undefined {
    if (this.#winner !== undefined || this.#fns.length === 0) return undefined;
    if (leftOpen !== undefined) this.#anyFailed = true;
    this.addLeftOpen(leftOpen);
    if (!this.#isDecided && !this.#anyFailed && owner.scope.reason !== undefined) return undefined;
    return (this.#thrown ??= { error: this.#isDecided && this.length === 1 ? this.only : this.toGroup(owner) });
  }

  taskEnded(task: Task<unknown>): void {
    const { scope } = this.#owner;
    const isCut = task.status === "cancelled" && (this.#isDecided || task.scope.reason === reasonOf(scope));
    if (isCut) this.addUnwound(task, scope);
    if (this.#isDecided) this.#lost(task);
    else if (task.status === "fulfilled") this.#won(task);
    else if (isCut) this.#kept.push(task);
    else this.#failed(task);
  }

  /** A value wins. */
  #won(task: Task<unknown>): void {
    this.#winner = task;
    const losers = this.#kept;
    this.#decide();
    for (const loser of losers) this.#discard(loser);
  }

  /** A task failed while nothing had won. */
  #failed(task: Task<unknown>): void {
    const wins = this.#kind === "race" && reasonOf(this.#owner.scope) === undefined;
    if (task.status === "rejected") this.#fail(task.exception(), task.name);
    else this.add(task.scope.reason, task.name);
    if (wins) this.#decide();
    else this.#kept.push(task);
  }

  /** Cancels the losers. */
  #decide(): void {
    this.#isDecided = true;
    this.#kept = [];
    cancelAnyway(this.#owner.scope, `the ${this.#kind} is won`);
  }

  /** A loser has ended. */
  #lost(task: Task<unknown>): void {
    if (task.status === "rejected" && this.#winner === undefined) this.#fail(task.exception(), task.name);
    else this.#discard(task);
  }

  /** Adds a failure. */
  #fail(error: unknown, name: string | undefined): void {
    this.#anyFailed = true;
    this.add(error, name);
  }

  /** Passes the outcome of a loser to `discarded`. */
  #discard(task: Task<unknown>): void {
    if (this.#discarded === undefined) return;
    const indices = (this.#indices ??= new Map(this.#tasks.map((each, index) => [each, index])));
    try {
      this.#discarded.call(undefined, outcomeOf(task), indices.get(task)!);
    } catch (thrown) {
      reportUncaught(thrown);
    }
  }
}
