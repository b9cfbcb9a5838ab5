import type { Clock } from "@selvage/scope";
import { checkOptions, describeValue } from "@selvage/scope/internal";
import { Autojump } from "./autojump.js";
import { checkSeed, randomOf } from "./random.js";
import { checkRun, type RunBody, runOn, type RunOptions } from "./run-on-clock.js";
import { noteActivity } from "./settled.js";
import { Timeline } from "./timeline.js";
import { Turns } from "./turns.js";

/** Options of a {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** The time at which the clock starts, in milliseconds. Default: 0. */
  readonly start?: number | undefined;
  /** Whether time jumps to the next timer whenever everything is blocked. Default: `false`. In `run`, time jumps in any case. */
  readonly autojump?: boolean | undefined;
  /**
   * How many milliseconds of real time everything must be blocked before time jumps or `run` gives up. Use it for tests that do real I/O, which the
   * clock cannot see. Each jump then takes at least this long. Default: 0.
   */
  readonly autojumpThreshold?: number | undefined;
  /**
   * Permutes every order that is not promised. Each seed gives another order. It is a whole number of 32 bits. Default: no seed, and the order is
   * first in, first out. See {@link explore}.
   */
  readonly seed?: number | undefined;
}

/**
 * A clock whose time moves only when a test moves it, or jumps to the next timer when everything is blocked (C2).
 *
 * Pass it to a scope, group, supervisor or timeout as `clock`. Everything below inherits it. Nothing waits in real time, so a simulated day takes
 * only as long as the code that runs in it.
 *
 * - Timers fire in order of due time, each at exactly its time. Timers that are due together fire in the order in which they were set.
 * - Before the first timer, and after each one, everything that can run settles: see `settled`.
 * - Moves do not overlap. Each starts when the previous one has ended.
 * - A timer callback that throws stops neither time nor the other timers. `advance`, `advanceTo` and `runAll` complete their move, and then reject
 *   with the error, or with an `AggregateError` of several. During an automatic jump, the error is reported as uncaught, as the platform's timers
 *   do.
 *
 * With `autojump`, a test awaits the code under test and does not mention time. Time jumps only while no code awaits `settled()` or a move. The
 * clock cannot see anything outside: while a program waits only for a socket, time jumps. A clock without timers does nothing, and does not keep
 * the process alive.
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
  /** The seed that permutes every order that is not promised; `undefined` if the order is first in, first out. */
  readonly seed: number | undefined;
  readonly #timeline: Timeline;
  readonly #autojump: Autojump;
  readonly #turns: Turns;
  /** The random source of the seed; `undefined` without a seed. */
  readonly #random: (() => number) | undefined;

  /**
   * @throws {TypeError} If `start` is not a finite number, `autojumpThreshold` is not a finite number from 0, or `seed` is not a number.
   * @throws {RangeError} If `seed` is not a whole number of 32 bits.
   */
  constructor(options: VirtualClockOptions = {}) {
    checkOptions(options);
    const { start = 0, autojump = false, autojumpThreshold = 0, seed } = options;
    if (!Number.isFinite(start)) {
      throw new TypeError(`start must be a finite number of milliseconds, got ${describeValue(start)}.`);
    }
    if (!Number.isFinite(autojumpThreshold) || autojumpThreshold < 0) {
      throw new TypeError(
        `autojumpThreshold must be 0 or more milliseconds of real time, got ${describeValue(autojumpThreshold)}.`,
      );
    }
    if (seed !== undefined) checkSeed(seed);
    const step = (): void => {
      this.#autojump.step();
    };
    this.seed = seed;
    this.#random = seed === undefined ? undefined : randomOf(seed);
    this.#timeline = new Timeline(start, step);
    this.#autojump = new Autojump(this.#timeline, autojump, autojumpThreshold);
    this.#turns = new Turns(this.#random, step);
  }

  /** Returns the time, in milliseconds. It never goes backwards. */
  now(): number {
    return this.#timeline.now;
  }

  /** When the next timer is due; `Infinity` if there is none, or only timers that never fire. */
  get next(): number {
    return this.#timeline.timers.next;
  }

  /** How many timers are set and have neither fired nor been cleared, including those that never fire. */
  get pending(): number {
    return this.#timeline.timers.size;
  }

  /**
   * Calls `callback` once, `delay` milliseconds from now. A timer with a delay of 0 or less is due at once, and fires in the next move, even one by
   * 0. A timer with a delay of `Infinity` never fires.
   *
   * @throws {TypeError} If `callback` is not a function, or `delay` is not a number.
   */
  setTimer(callback: () => void, delay: number): unknown {
    if (typeof callback !== "function")
      throw new TypeError(`callback must be a function, got ${describeValue(callback)}.`);
    checkTime("delay", delay);
    const rank = this.#random?.() ?? 0; // permutes the timers that are due at one time
    const timer = this.#timeline.timers.add(callback, this.now() + Math.max(0, delay), rank);
    noteActivity();
    this.#autojump.wake();
    return timer;
  }

  /** Cancels a timer. A timer that has fired or was cleared is ignored, and so is any other value. */
  clearTimer(timer: unknown): void {
    if (!this.#timeline.timers.remove(timer)) return;
    noteActivity();
    this.#autojump.rest();
  }

  /**
   * Calls `callback` after the event loop has turned. `checkpoint` uses it. The turn is a real one, during which time does not pass, and `settled`
   * waits for it. With a seed, the order of the callbacks is random, and some wait for more than one turn.
   */
  turn(callback: () => void): void {
    this.#turns.request(callback);
  }

  /**
   * Moves time forward by `ms`, from timer to timer, including timers that are set on the way. `advance(0)` fires the timers that are due now.
   *
   * @throws {TypeError} Synchronously, if `ms` is not a number. @throws {RangeError} Synchronously, if it is negative or infinite.
   * @throws {AggregateError} Asynchronously, if several timer callbacks threw. If only one threw, the promise rejects with its error. It also
   * rejects if 10,000 timers in a row fire while time does not move.
   */
  advance(ms: number): Promise<void> {
    checkTime("ms", ms);
    if (ms < 0) throw new RangeError(`ms must be 0 or more, got ${ms}: time never goes backwards.`);
    checkFinite(this.now() + ms);
    return this.#timeline.move(() => this.now() + ms);
  }

  /**
   * Moves time forward to `when`, as `advance` does. If an earlier move has already gone beyond this time, nothing moves.
   *
   * @throws {TypeError} Synchronously, if `when` is not a number. @throws {RangeError} Synchronously, if it is in the past or infinite.
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
   * Jumps from timer to timer until no timer is left, except those that never fire. Time stays at the last one.
   *
   * @throws {RangeError} Synchronously, if `limit` (default 10,000) is not a whole number above 0.
   * @throws The errors of timer callbacks, as `advance` does. The promise also rejects if timers are left after `limit` jumps, because every timer
   * that fires sets another one.
   */
  runAll({ limit = 10_000 }: { readonly limit?: number } = {}): Promise<void> {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new RangeError(`limit must be a whole number above 0, got ${describeValue(limit)}.`);
    }
    return this.#timeline.move(() => Infinity, limit);
  }

  /**
   * Runs the body of a test in a root scope on this clock. Time jumps automatically. The run never hangs: if the body would never end, the call
   * rejects with a {@link StalledError} that shows what is live.
   *
   * - **Deadlock**: nothing can run, no timer is set, and the body has not ended. With `autojump: false`, a timer counts only while a move is
   *   under way.
   * - **Livelock**: `limit` timers and checkpoints have passed, and the body has not ended.
   *
   * Then the root scope is cancelled, and everything that ends because of that is waited for. If the body fails in its cleanup, that failure is the
   * `cause` of the error. What still does not end is named in the message, and is no longer waited for.
   *
   * Only what is live below the root scope is shown and cancelled, so pass the scope on as `parent`. The clock cannot see anything outside: a body
   * that waits for real I/O looks stuck, unless the clock has an `autojumpThreshold`.
   *
   * **Cancellation**: if the body cancels its own root scope and is interrupted by that, it has no value, and the call rejects with the root's
   * `CancelledError`, because an interrupted test must not pass.
   *
   * @throws {TypeError} Synchronously, if `body` is not a function. @throws {RangeError} Synchronously, if `limit` is not a whole number above 0.
   * @example
   * ```ts
   * import { VirtualClock } from "@selvage/testing";
   *
   * const elapsed = await new VirtualClock().run(async (scope, clock) => {
   *   await scope.sleep(86_400_000);
   *   return clock.now();
   * });
   * console.assert(elapsed === 86_400_000);
   * ```
   */
  run<T>(body: RunBody<T>, options: RunOptions = {}): Promise<T> {
    checkRun(body, options);
    return runOn(this, this.#autojump, body, options);
  }
}

function checkTime(what: string, value: number): void {
  if (typeof value !== "number" || Number.isNaN(value)) {
    throw new TypeError(`${what} must be a number of milliseconds, got ${describeValue(value)}.`);
  }
}

function checkFinite(when: number): void {
  if (when === Infinity) throw new RangeError("Time cannot advance to Infinity: runAll() runs until no timer is left.");
}
