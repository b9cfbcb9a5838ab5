import { queueMacrotask } from "./macrotask.js";
import { blocked, noteActivity, settled } from "./settled.js";
import { TimerQueue } from "./timer-queue.js";

/** How a `VirtualClock` starts and whether it moves by itself. */
export interface VirtualClockOptions {
  /** What `now()` says at first, in milliseconds. Default 0. */
  readonly start?: number;
  /** Jump to the next timer whenever everything is blocked. Default `false`. */
  readonly autojump?: boolean;
}

const MOST_JUMPS = 10_000;

/**
 * A clock whose time moves only when told, or jumps to the next timer when everything is blocked.
 *
 * Give it to a scope, group, supervisor or timeout as `clock`; what lives below inherits it. Nothing sleeps, so a day
 * takes as long as the number of timers in it.
 *
 * - Timers fire in order of due time, those due together in the order in which they were set, each at exactly its time.
 * - Before the first timer, and after each one, everything that became runnable settles (see `settled`).
 * - Calls that overlap queue up: each moves time on from where the one before left it.
 * - A timer callback that throws stops neither time nor the other timers: `advance`, `advanceTo` and `runAll` go all the
 *   way, then reject with the error (an `AggregateError` if there are several); a jump that nobody asked for reports it
 *   as uncaught, as the platform's timers do.
 *
 * With `autojump` a test awaits what it tests and never mentions time. The clock cannot see real I/O: while a socket is
 * all that a program waits for, time jumps. A clock without timers does nothing and keeps nothing alive.
 *
 * @example
 * ```ts
 * import { VirtualClock } from "@selvage/testing";
 *
 * const clock = new VirtualClock();
 * clock.setTimer(() => console.log("an hour later:", clock.now()), 3_600_000);
 * await clock.advance(3_600_000); // an hour later: 3600000
 * ```
 */
export class VirtualClock {
  readonly #timers = new TimerQueue();
  readonly #autojump: boolean;
  #now: number;
  #lastMove: Promise<void> = Promise.resolve();
  #jumping = false;

  /** @throws TypeError where `start` is not a finite number. */
  constructor({ start = 0, autojump = false }: VirtualClockOptions = {}) {
    if (!Number.isFinite(start)) throw new TypeError(`start must be a finite number of milliseconds, got ${String(start)}`);
    this.#now = start;
    this.#autojump = autojump;
  }

  /** The time, in milliseconds. It never goes backwards. */
  now(): number {
    return this.#now;
  }

  /** When the next timer is due; `Infinity` if none ever is. */
  get next(): number {
    return this.#timers.next;
  }

  /** How many timers are set and have neither fired nor been cleared, those that never fire included. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Calls `callback` once, `delay` milliseconds from now. A delay of 0 or less is due at once, and fires as soon as time
   * is moved, be it by 0; `Infinity` never fires.
   *
   * @throws TypeError where `callback` is not a function, or `delay` not a number.
   */
  setTimer(callback: () => void, delay: number): unknown {
    if (typeof callback !== "function") throw new TypeError(`setTimer expects a function, got ${typeof callback}`);
    requireNumber("setTimer expects a delay in milliseconds", delay);
    const timer = this.#timers.add(callback, this.#now + Math.max(0, delay));
    noteActivity();
    this.#arm();
    return timer;
  }

  /** Forgets a timer. One that has fired or was cleared, or anything else, is ignored. */
  clearTimer(timer: unknown): void {
    if (this.#timers.remove(timer)) noteActivity();
  }

  /**
   * Moves time on by `ms`, from timer to timer, timers set on the way included. `advance(0)` fires what is due now.
   *
   * @throws TypeError where `ms` is not a number, RangeError where it is negative or infinite.
   */
  advance(ms: number): Promise<void> {
    requireNumber("advance expects milliseconds", ms);
    if (ms < 0) throw new RangeError(`advance expects 0 or more milliseconds, got ${ms}: time never goes backwards`);
    if (ms === Infinity) throw new RangeError("advance expects a finite number of milliseconds: use runAll() to run until no timer is left");
    return this.#move(() => this.#now + ms);
  }

  /**
   * Moves time on to `when`, as `advance` does.
   *
   * @throws TypeError where `when` is not a number, RangeError where it is in the past or infinite.
   */
  advanceTo(when: number): Promise<void> {
    requireNumber("advanceTo expects a time in milliseconds", when);
    if (when < this.#now) throw new RangeError(`advanceTo expects ${this.#now} (now) or later, got ${when}: time never goes backwards`);
    if (when === Infinity) throw new RangeError("advanceTo expects a finite time: use runAll() to run until no timer is left");
    return this.#move(() => when);
  }

  /**
   * Jumps from timer to timer until none is left that would ever fire; time stays at the last one.
   *
   * Rejects with an error after `limit` jumps (default 10,000): something then sets a timer whenever one fires.
   *
   * @throws RangeError where `limit` is not a whole number above 0.
   */
  runAll({ limit = MOST_JUMPS }: { readonly limit?: number } = {}): Promise<void> {
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`limit must be a whole number above 0, got ${String(limit)}`);
    return this.#move(() => Infinity, limit);
  }

  #move(target: () => number, limit?: number): Promise<void> {
    const move = this.#lastMove.then(() => this.#travel(target(), limit));
    this.#lastMove = move.catch(() => undefined);
    return move;
  }

  async #travel(target: number, limit: number | undefined): Promise<void> {
    const errors: unknown[] = [];
    await settled();
    for (let jumps = 0, since = this.#now; this.next <= target && this.next !== Infinity; jumps++) {
      // Without a limit of its own, a move must only not stand still for ever.
      if (limit === undefined && this.next > since) [jumps, since] = [0, this.next];
      if (jumps >= (limit ?? MOST_JUMPS)) {
        errors.push(endless(jumps, this.#now, limit === undefined));
        throw onlyOrAll(errors);
      }
      try {
        this.#fire();
      } catch (error) {
        errors.push(error);
      }
      await settled();
    }
    if (target !== Infinity && target > this.#now) this.#now = target;
    if (errors.length > 0) throw onlyOrAll(errors);
  }

  #fire(): void {
    const timer = this.#timers.take();
    if (timer === undefined) return;
    this.#now = timer.due;
    noteActivity();
    timer.callback();
  }

  #arm(): void {
    if (!this.#autojump || this.#jumping || this.next === Infinity) return;
    this.#jumping = true;
    void this.#jump();
  }

  async #jump(): Promise<void> {
    while (this.next !== Infinity) {
      await blocked();
      if (this.next === Infinity) break;
      try {
        this.#fire();
      } catch (error) {
        queueMacrotask(() => {
          throw error;
        });
      }
    }
    this.#jumping = false;
  }
}

function requireNumber(expected: string, value: number): void {
  if (typeof value !== "number" || Number.isNaN(value)) throw new TypeError(`${expected}, got ${String(value)}`);
}

function endless(jumps: number, now: number, still: boolean): Error {
  return new Error(
    still
      ? `${jumps} timers in a row fired at ${now} and more are due: something sets a timer without delay whenever one fires`
      : `timers are left after ${jumps} jumps, at ${now}: something sets a timer whenever one fires. Use advance(), or raise the limit`,
  );
}

function onlyOrAll(errors: readonly unknown[]): unknown {
  return errors.length === 1 ? errors[0] : new AggregateError(errors, `${errors.length} timers failed`);
}
