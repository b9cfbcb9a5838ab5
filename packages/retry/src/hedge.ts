import type { CancelScope, Clock, Task, TaskFunction } from "@selvage/scope";
import {
  cancelAnyway,
  checkCount,
  checkFunction,
  checkFunctions,
  checkNumber,
  checkParentOptions,
  expected,
  hasBrand,
  type OwnedFailure,
  ownerError,
  reasonOf,
  rejectIfClosed,
  reportUncaught,
  traced,
  unwoundOf,
} from "@selvage/scope/internal";
import { Alarm, errorOf, TaskOwner, type TaskPolicy } from "@selvage/scope/lowlevel";
import { type HedgeBudget, HEDGE_BUDGET } from "./hedge-budget.js";

/** Options of {@link hedge}. */
export interface HedgeOptions<T> {
  /** The scope or signal whose cancellation ends it; `null` for none. Default: as for every scope. */
  readonly parent?: CancelScope | AbortSignal | null | undefined;
  /** After how many milliseconds without a result the next function starts. `Infinity` starts it only when one fails. */
  readonly after: number;
  /** How many functions run at most at one time. A positive integer or `Infinity`. Default: 2. */
  readonly max?: number | undefined;
  /** Limits the share of further functions over all calls that have the same budget. Default: no limit. */
  readonly budget?: HedgeBudget | undefined;
  /** Called with each outcome that is neither returned nor thrown, and the index of its function: a connection that would have no owner. */
  readonly discarded?: ((outcome: PromiseSettledResult<T>, index: number) => void) | undefined;
  /** The name that messages and `describeTree` use. */
  readonly name?: string | undefined;
  /** The clock. Default: the parent's clock, or the platform's timers. */
  readonly clock?: Clock | undefined;
}

/** The type of the result of one of several task functions. */
export type HedgeResult<F extends readonly TaskFunction<unknown>[]> = Awaited<ReturnType<F[number]>>;

/**
 * Calls the first function, and the next ones if there is no result after a time: at once when one fails, and otherwise every `after` milliseconds. The
 * first to succeed wins. The others are cancelled and waited for. Use it for requests of which a few take much longer than the rest.
 *
 * At most `max` functions run at one time. If that many run when the time is up, or the budget is empty, the next one starts only when one fails.
 *
 * **Cancellation**: a cancellation of the parent reaches all functions, which are waited for. Then the call rejects with the parent's `CancelledError`, or
 * with an `ExceptionGroup` if functions have failed. If a function has won, or returns a value although it was cancelled, that value is returned. A
 * function that cancels its own scope has failed.
 *
 * Compare "hedged requests" in *The Tail at Scale* (Dean and Barroso, 2013), and happy eyeballs.
 *
 * @throws {TypeError | RangeError} Synchronously, if an argument is wrong, or there is no function. @throws {ClosedError} If the parent is closed.
 * @throws {ExceptionGroup} If all that were started have failed. It has the failures in order of arrival.
 * @example
 * ```ts
 * import { type CancelScope, hedge } from "@selvage/retry";
 *
 * const slow = (scope: CancelScope) => scope.sleep(60_000).then(() => "replica 1");
 * const fast = async () => "replica 2";
 * console.assert((await hedge([slow, fast], { after: 5 })) === "replica 2");
 * ```
 */
export function hedge<const F extends readonly TaskFunction<unknown>[]>(
  fns: F,
  options: HedgeOptions<NoInfer<HedgeResult<F>>>,
): Promise<HedgeResult<F>> {
  try {
    return new Hedge(fns, options as HedgeOptions<unknown>).run() as Promise<HedgeResult<F>>;
  } catch (error) {
    return rejectIfClosed(error);
  }
}

/** One call of {@link hedge}. */
class Hedge implements TaskPolicy {
  readonly #fns: readonly TaskFunction<unknown>[];
  readonly #after: number;
  readonly #max: number;
  readonly #budget: HedgeBudget | undefined;
  readonly #discarded: HedgeOptions<unknown>["discarded"];
  readonly #owner: TaskOwner;
  /** Starts the next function. It is set while there is room for one. */
  readonly #alarm: Alarm;
  /** The tasks that were started, in the order of the functions. */
  readonly #tasks: Task<unknown>[] = [];
  /** The task whose value has won; `undefined` if none has. */
  #winner: Task<unknown> | undefined = undefined;
  /** The failures, in order of arrival. */
  readonly #failures: OwnedFailure[] = [];
  /** The failures that are objects. Two equal primitives are two failures. */
  readonly #seen = new Set<unknown>();
  /** Errors that were accepted as cancellations only because of their shape (S15). */
  readonly #unwound: unknown[] = [];

  constructor(fns: readonly TaskFunction<unknown>[], options: HedgeOptions<unknown>) {
    this.#fns = checkFunctions(fns);
    if (this.#fns.length === 0) throw new TypeError("hedge() needs at least one function.");
    if ((options as unknown) === undefined) throw expected("The second argument", "an object with after", options);
    checkParentOptions(options);
    const { parent, after, max = 2, budget, discarded, name, clock } = options;
    checkNumber("after", after, 0);
    if (max !== Infinity) checkCount("max", max);
    if (budget !== undefined && !hasBrand(budget, HEDGE_BUDGET)) throw expected("budget", "a HedgeBudget", budget);
    if (discarded !== undefined) checkFunction(discarded, "discarded");
    this.#after = after;
    this.#max = max;
    this.#budget = budget;
    this.#discarded = discarded;
    this.#owner = new TaskOwner("hedge", { parent, name, clock }, this);
    this.#alarm = new Alarm(this.#next.bind(this), { clock: this.#owner.scope.clock, keepAlive: true });
  }

  run(): Promise<unknown> {
    return traced(this.#owner, async () => {
      const { scope } = this.#owner;
      this.#budget?._call();
      this.#start();
      const leftOpen = await this.#owner.finish();
      if (this.#winner !== undefined) return this.#winner.result(); // whatever the losers do or leave open
      if (leftOpen !== undefined) this.#fail(leftOpen, undefined);
      if (this.#failures.length === 0) throw reasonOf(scope)!; // that of an outer owner
      throw ownerError("hedge", this.#owner.name, this.#failures, this.#unwound);
    });
  }

  taskEnded(task: Task<unknown>): void {
    const { scope } = this.#owner;
    if (this.#winner !== undefined) {
      this.#discard(task, this.#tasks.indexOf(task));
    } else if (task.status === "fulfilled") {
      this.#winner = task;
      this.#stopAlarm();
      cancelAnyway(scope, "another function has succeeded");
      this.#tasks.forEach((other, index) => {
        if (other !== task && other.done) this.#discard(other, index);
      });
    } else if (task.status === "cancelled" && task.scope.reason === reasonOf(scope)) {
      const error = unwoundOf(task);
      if (error !== undefined) this.#unwound.push(error);
    } else {
      this.#fail(errorOf(task), task.name);
      this.#next();
    }
  }

  emptied(): void {
    this.#stopAlarm();
  }

  /** Records a failure. The same object is listed once (T3). */
  #fail(error: unknown, task: string | undefined): void {
    if (Object(error) === error && this.#seen.size === this.#seen.add(error).size) return;
    this.#failures.push({ error, task });
  }

  /** Starts another function, because one has failed or there was no result for a time, if that is allowed. */
  #next(): void {
    const mayStart = this.#hasRoom() && reasonOf(this.#owner.scope) === undefined; // cancelled once a function has won
    if (mayStart && (this.#budget?._take() ?? true)) this.#start();
  }

  #hasRoom(): boolean {
    return this.#tasks.length < this.#fns.length && this.#owner.size < this.#max;
  }

  #start(): void {
    const { scope } = this.#owner;
    try {
      this.#owner.startAll([{ fn: this.#fns[this.#tasks.length]! }], this.#tasks);
      if (this.#hasRoom() && this.#after !== Infinity && this.#owner.size > 0) this.#setAlarm(scope.clock.now());
      else this.#alarm.clear();
    } catch (error) {
      this.#fail(error, undefined); // the clock has thrown (C1)
      cancelAnyway(scope, error);
    }
  }

  /** Sets the alarm for the next function. It never fires at once: with a time of 0, the next one starts in a turn of its own. */
  #setAlarm(now: number): void {
    this.#alarm.set(now + Math.max(this.#after, 1e-3), now);
  }

  #stopAlarm(): void {
    try {
      this.#alarm.clear();
    } catch (error) {
      reportUncaught(error); // a clock that throws
    }
  }

  #discard(task: Task<unknown>, index: number): void {
    if (this.#discarded === undefined) return;
    const outcome = (
      task.status === "fulfilled"
        ? { status: "fulfilled", value: task.result() }
        : { status: "rejected", reason: errorOf(task) }
    ) as PromiseSettledResult<unknown>;
    try {
      this.#discarded.call(undefined, outcome, index);
    } catch (error) {
      reportUncaught(error);
    }
  }
}
