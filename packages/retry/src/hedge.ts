import type { CancelScope, Clock, Task, TaskFunction } from "@selvage/scope";
import {
  cancelAnyway,
  checkCount,
  checkFunction,
  checkFunctions,
  checkNumber,
  checkOptions,
  expected,
  type OwnedFailure,
  ownerError,
  reasonOf,
  reportUncaught,
} from "@selvage/scope/internal";
import { Alarm, errorOf, TaskOwner, type TaskPolicy } from "@selvage/scope/lowlevel";

/** Options of {@link hedge}. */
export interface HedgeOptions<T> {
  /** The scope or signal whose cancellation ends it; `null` for none. Default: as for every scope. */
  readonly parent?: CancelScope | AbortSignal | null | undefined;
  /** After how many milliseconds without a result the next function starts. `Infinity` starts it only when one fails. */
  readonly after: number;
  /** How many functions run at most at one time. Default: 2. */
  readonly max?: number | undefined;
  /** Limits the share of further functions over all calls that have the same budget. Default: no limit. */
  readonly budget?: HedgeBudget | undefined;
  /** Called with each outcome that is neither returned nor thrown, and the index of its function: a connection that would have no owner. */
  readonly discarded?: ((outcome: PromiseSettledResult<T>, index: number) => void) | undefined;
  /** The clock. Default: the parent's clock, or the platform's timers. */
  readonly clock?: Clock | undefined;
}

/** Options of a {@link HedgeBudget}. */
export interface HedgeBudgetOptions {
  /** How many further functions may be started for each call, on average: 0.1 for one in ten calls. More than 0, and at most 1. */
  readonly share: number;
}

/** The most further functions that a budget lets through at once after a calm time. */
const MOST_SAVED = 10;

/**
 * Limits how many functions `hedge` starts besides the first ones, over all calls that share the budget. So hedging cannot double the load of a service
 * that is already slow.
 *
 * Each call adds `share` to the budget, up to 10, and each further function takes 1 from it. A new budget is empty.
 *
 * @throws {TypeError | RangeError} If `share` is not a number above 0 and at most 1.
 */
export class HedgeBudget {
  readonly #share: number;
  #saved = 0;

  constructor(options: HedgeBudgetOptions) {
    if ((options as unknown) === undefined) throw expected("The options", "an object with a share", options);
    checkOptions(options);
    const { share } = options;
    checkNumber("share", share, 0);
    if (share === 0 || share > 1) throw new RangeError(`share must be above 0 and at most 1, got ${share}.`);
    this.#share = share;
  }

  /** @internal A call begins. */
  _call(): void {
    // Rounded, because ten times 0.1 is less than 1.
    this.#saved = Math.min(MOST_SAVED, Math.round((this.#saved + this.#share) * 1e9) / 1e9);
  }

  /** @internal Takes from the budget what a further function costs, if it is there. */
  _take(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}

/**
 * Calls the first function, and the next ones if there is no result after a time: at once when one fails, and otherwise every `after` milliseconds. The
 * first to succeed wins. The others are cancelled and waited for. Use it for requests of which a few take much longer than the rest.
 *
 * **Cancellation**: a cancellation of the parent reaches all functions. The call rejects with the parent's `CancelledError` when they have ended. A value
 * that has won is returned.
 *
 * @throws {TypeError | RangeError} Synchronously, if an argument is wrong, or there is no function.
 * @throws {ExceptionGroup} If all that were started have failed.
 * @example
 * ```ts
 * import { hedge } from "@selvage/retry";
 *
 * const slow = (scope) => scope.sleep(60_000).then(() => "replica 1");
 * const fast = async () => "replica 2";
 * console.assert((await hedge([slow, fast], { after: 5 })) === "replica 2");
 * ```
 */
export function hedge<T>(fns: readonly TaskFunction<T>[], options: HedgeOptions<T>): Promise<T> {
  return new Hedge(fns, options).run();
}

/** One call of {@link hedge}. */
class Hedge<T> implements TaskPolicy {
  readonly #fns: readonly TaskFunction<T>[];
  readonly #after: number;
  readonly #max: number;
  readonly #budget: HedgeBudget | undefined;
  readonly #discarded: HedgeOptions<T>["discarded"];
  readonly #owner: TaskOwner;
  readonly #alarm: Alarm;
  /** The tasks that were started, in the order of the functions. */
  readonly #tasks: Task<unknown>[] = [];
  /** The task whose value has won; `undefined` if none has. */
  #winner: Task<unknown> | undefined = undefined;
  /** The failures, in order of arrival. */
  readonly #failures: OwnedFailure[] = [];

  constructor(fns: readonly TaskFunction<T>[], options: HedgeOptions<T>) {
    this.#fns = checkFunctions(fns);
    if (this.#fns.length === 0) throw new TypeError("hedge() needs at least one function.");
    if ((options as unknown) === undefined) throw expected("The options", "an object with after", options);
    checkOptions(options);
    const { parent, after, max = 2, budget, discarded, clock } = options;
    checkNumber("after", after, 0);
    checkCount("max", max);
    if (budget !== undefined && !(budget instanceof HedgeBudget)) throw expected("budget", "a HedgeBudget", budget);
    if (discarded !== undefined) checkFunction(discarded, "discarded");
    this.#after = after;
    this.#max = max;
    this.#budget = budget;
    this.#discarded = discarded;
    this.#owner = new TaskOwner("hedge", { parent, clock }, this);
    this.#alarm = new Alarm(
      () => {
        this.#next(true);
      },
      { clock: this.#owner.scope.clock, keepAlive: true },
    );
  }

  async run(): Promise<T> {
    const { scope } = this.#owner;
    this.#budget?._call();
    let leftOpen: unknown;
    try {
      this.#start();
    } catch (error) {
      this.#failures.push({ error, task: undefined }); // the clock has thrown (C1)
      cancelAnyway(scope, error);
    } finally {
      leftOpen = await this.#owner.finish();
    }
    if (this.#winner !== undefined) return this.#winner.result() as T;
    if (leftOpen !== undefined) this.#failures.push({ error: leftOpen, task: undefined });
    const { reason } = scope;
    if (reason !== undefined && this.#failures.length === 0) throw reason;
    if (reason !== undefined && reason.scope !== scope && leftOpen === undefined) throw reason;
    throw ownerError("hedge", undefined, this.#failures);
  }

  taskEnded(task: Task<unknown>): void {
    const { scope } = this.#owner;
    const isCut = task.status === "cancelled" && task.scope.reason === reasonOf(scope);
    if (this.#winner !== undefined) {
      this.#discard(task);
    } else if (task.status === "fulfilled") {
      this.#winner = task;
      this.#stopAlarm();
      cancelAnyway(scope, "another function has succeeded");
      for (const other of this.#tasks) if (other !== task && other.done) this.#discard(other);
    } else if (!isCut) {
      this.#failures.push({ error: errorOf(task), task: task.name });
      this.#next(false);
    }
  }

  emptied(): void {
    this.#stopAlarm();
  }

  /** Starts another function, if that is allowed. `isLate`: because there was no result for a time. */
  #next(isLate: boolean): void {
    const mayStart =
      this.#winner === undefined && this.#tasks.length < this.#fns.length && this.#owner.size < this.#max;
    if (mayStart && reasonOf(this.#owner.scope) === undefined && (this.#budget?._take() ?? true)) {
      this.#start();
    } else if (isLate) {
      this.#setAlarm(); // there may be room, or a budget, later
    }
  }

  #start(): void {
    const fn = this.#fns[this.#tasks.length]!;
    this.#owner.startAll([{ fn }], this.#tasks);
    this.#setAlarm();
  }

  #setAlarm(): void {
    const { clock } = this.#owner.scope;
    const isOver = this.#winner !== undefined || this.#tasks.length === this.#fns.length || this.#owner.size === 0;
    if (isOver || this.#after === Infinity) return;
    const now = clock.now();
    // Never at once: a time of 0 starts the next one in a turn of its own.
    this.#alarm.set(now + Math.max(this.#after, 1e-3), now);
  }

  #stopAlarm(): void {
    try {
      this.#alarm.clear();
    } catch (error) {
      reportUncaught(error); // a clock that throws
    }
  }

  #discard(task: Task<unknown>): void {
    if (this.#discarded === undefined) return;
    const outcome = (
      task.status === "fulfilled"
        ? { status: "fulfilled", value: task.result() }
        : { status: "rejected", reason: errorOf(task) }
    ) as PromiseSettledResult<T>;
    try {
      this.#discarded.call(undefined, outcome, this.#tasks.indexOf(task));
    } catch (error) {
      reportUncaught(error);
    }
  }
}
