import type { Clock } from "@selvage/scope";
import { noteActivity } from "./settled.js";
import { Timeline } from "./timeline.js";

/** How a `VirtualClock` starts, and whether it moves by itself. */
export interface VirtualClockOptions {
  /** What `now()` says at first, in milliseconds. Default 0. */
  readonly start?: number;
  /** Whether time jumps to the next timer whenever everything is blocked. Default `false`. */
  readonly autojump?: boolean;
}

/**
 * A clock whose time moves only when told, or jumps to the next timer when everything is blocked (C2).
 *
 * Give it to a scope, group, supervisor or timeout as `clock`; what lives below inherits it. Nothing sleeps, so a day
 * takes as long as the timers in it.
 *
 * - Timers fire in order of due time, those due together in the order in which they were set, each at exactly its time.
 * - Before the first timer, and after each one, everything that became runnable settles: see `settled`.
 * - Moves that overlap queue up: each starts where the one before left off.
 * - A timer callback that throws stops neither time nor the other timers. `advance`, `advanceTo` and `runAll` go all the
 *   way, then reject with the error, or with an `AggregateError` of several; a jump that nobody asked for reports it as
 *   uncaught, as the platform's timers do.
 *
 * With `autojump` a test awaits what it tests and never mentions time. Time then jumps only while nobody awaits
 * `settled()` or a move. The clock cannot see the outside: while a program waits for nothing but a socket, time jumps.
 * A clock that has no timer does nothing, and keeps nothing alive.
 *
 * @example
 * ```ts
 * import { VirtualClock } from "@selvage/testing";
 *
 * const clock = new VirtualClock();
 * clock.setTimer(() => console.log("it is", clock.now()), 3_600_000);
 * await clock.advance(3_600_000); // it is 3600000
 * ```
 */
export class VirtualClock implements Clock {
  readonly #timeline: Timeline;

  /** @throws TypeError where `start` is not a finite number. */
  constructor({ start = 0, autojump = false }: VirtualClockOptions = {}) {
    if (!Number.isFinite(start)) {
      throw new TypeError(`start must be a finite number of milliseconds, got ${String(start)}.`);
    }
    this.#timeline = new Timeline(start, autojump);
  }

  /** The time, in milliseconds. It never goes backwards. */
  now(): number {
    return this.#timeline.now;
  }

  /** When the next timer is due; `Infinity` if none ever is. */
  get next(): number {
    return this.#timeline.timers.next;
  }

  /** How many timers are set and have neither fired nor been cleared, those that never fire included. */
  get pending(): number {
    return this.#timeline.timers.size;
  }

  /**
   * Calls `callback` once, `delay` milliseconds from now. A delay of 0 or less is due at once, and fires as soon as time
   * is moved, be it by 0; `Infinity` never fires.
   *
   * @throws TypeError where `callback` is not a function, or `delay` not a number.
   */
  setTimer(callback: () => void, delay: number): unknown {
    if (typeof callback !== "function") throw new TypeError(`callback must be a function, got ${String(callback)}.`);
    checkTime("delay", delay);
    const timer = this.#timeline.timers.add(callback, this.now() + Math.max(0, delay));
    this.#timeline.timerSet();
    return timer;
  }

  /** Forgets a timer. One that has fired or was cleared, or anything else, is ignored. */
  clearTimer(timer: unknown): void {
    if (this.#timeline.timers.remove(timer)) noteActivity();
  }

  /**
   * Moves time on by `ms`, from timer to timer, those set on the way included. `advance(0)` fires what is due now.
   *
   * @throws TypeError where `ms` is not a number, RangeError where it is negative or infinite. It rejects with what timer
   * callbacks threw, and where 10,000 timers in a row fire without time moving.
   */
  advance(ms: number): Promise<void> {
    checkTime("ms", ms);
    if (ms < 0) throw new RangeError(`ms must be 0 or more, got ${ms}: time never goes backwards.`);
    checkFinite(this.now() + ms);
    return this.#timeline.move(() => this.now() + ms);
  }

  /**
   * Moves time on to `when`, as `advance` does. If a move that was under way has gone beyond it, nothing moves.
   *
   * @throws TypeError where `when` is not a number, RangeError where it is in the past or infinite.
   */
  advanceTo(when: number): Promise<void> {
    checkTime("when", when);
    if (when < this.now()) {
      throw new RangeError(`when must be ${this.now()} (now) or later, got ${when}: time never goes backwards.`);
    }
    checkFinite(when);
    return this.#timeline.move(() => when);
  }

  /**
   * Jumps from timer to timer until none is left that would ever fire. Time stays at the last one.
   *
   * @throws RangeError where `limit` (default 10,000) is not a whole number above 0. It rejects with what timer callbacks
   * threw, and where timers are left after `limit` jumps: something then sets a new one whenever one fires.
   */
  runAll({ limit = 10_000 }: { readonly limit?: number } = {}): Promise<void> {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new RangeError(`limit must be a whole number above 0, got ${String(limit)}.`);
    }
    return this.#timeline.move(() => Infinity, limit);
  }
}

function checkTime(what: string, value: number): void {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`${what} must be a number of milliseconds, got ${String(value)}.`);
  }
}

function checkFinite(when: number): void {
  if (when === Infinity) throw new RangeError("Time cannot advance to Infinity: runAll() runs until no timer is left.");
}
