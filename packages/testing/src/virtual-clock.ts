import type { Clock } from "@selvage/scope";
import { checkOptions, describeValue } from "@selvage/scope/internal";
import { Autojump } from "./autojump.js";
import { checkSeed, randomOf } from "./random.js";
import { checkRun, type RunBody, runOn, type RunOptions } from "./run-on-clock.js";
import { noteActivity } from "./settled.js";
import { Timeline } from "./timeline.js";
import { Turns } from "./turns.js";

/** How a `VirtualClock` starts, and whether it moves by itself. */
export interface VirtualClockOptions {
  /** What `now()` says at first, in milliseconds. Default 0. */
  readonly start?: number | undefined;
  /** Whether time jumps to the next timer whenever everything is blocked. Default `false`; `run` jumps without it. */
  readonly autojump?: boolean | undefined;
  /**
   * How many milliseconds of real time everything must have been blocked before time jumps, or `run` gives up: for tests
   * that do real I/O, which the clock cannot see. Each jump then takes as long. Default 0.
   */
  readonly autojumpThreshold?: number | undefined;
  /**
   * Permutes every order that is not promised, each seed in a way of its own: a whole number of 32 bits. Default: none, and
   * first in, first out. See {@link explore}.
   */
  readonly seed?: number | undefined;
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
  /** What decides every order that is not promised; `undefined` where all is first in, first out. */
  readonly seed: number | undefined;
  readonly #timeline: Timeline;
  readonly #autojump: Autojump;
  readonly #turns: Turns;
  readonly #random: (() => number) | undefined;

  /**
   * @throws {TypeError} Where `start` is not a finite number, `autojumpThreshold` not one from 0, or `seed` no number.
   * @throws {RangeError} Where `seed` is no whole number of 32 bits.
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
   * @throws {TypeError} Where `callback` is not a function, or `delay` not a number.
   */
  setTimer(callback: () => void, delay: number): unknown {
    if (typeof callback !== "function")
      throw new TypeError(`callback must be a function, got ${describeValue(callback)}.`);
    checkTime("delay", delay);
    const rank = this.#random?.() ?? 0; // permutes what is due at one time
    const timer = this.#timeline.timers.add(callback, this.now() + Math.max(0, delay), rank);
    noteActivity();
    this.#autojump.wake();
    return timer;
  }

  /** Forgets a timer. One that has fired or was cleared, or anything else, is ignored. */
  clearTimer(timer: unknown): void {
    if (!this.#timeline.timers.remove(timer)) return;
    noteActivity();
    this.#autojump.rest();
  }

  /**
   * Calls `callback` once the event loop has turned: what a `checkpoint` waits for. The turn is a real one, taken without
   * time passing, and `settled` waits for it. With a seed, the order of those who wait is drawn, and some wait for more turns.
   */
  turn(callback: () => void): void {
    this.#turns.ask(callback);
  }

  /**
   * Moves time on by `ms`, from timer to timer, those set on the way included. `advance(0)` fires what is due now.
   *
   * @throws {TypeError} Synchronously, where `ms` is not a number. @throws {RangeError} Synchronously, where it is negative or infinite.
   * @throws {AggregateError} Rejects, where several timer callbacks threw; with the error itself where one did. It rejects, too, where 10,000 timers in a row fire without time moving.
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
   * @throws {TypeError} Synchronously, where `when` is not a number. @throws {RangeError} Synchronously, where it is in the past or infinite.
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
   * @throws {RangeError} Synchronously, where `limit` (default 10,000) is not a whole number above 0.
   * @throws What timer callbacks threw. It rejects, too, where timers are left after `limit` jumps: something then sets a new one whenever one fires.
   */
  runAll({ limit = 10_000 }: { readonly limit?: number } = {}): Promise<void> {
    if (!Number.isInteger(limit) || limit < 1) {
      throw new RangeError(`limit must be a whole number above 0, got ${describeValue(limit)}.`);
    }
    return this.#timeline.move(() => Infinity, limit);
  }

  /**
   * Runs a test's body in a root scope on this clock, with time jumping by itself, and refuses to hang: where the body would
   * never end, it rejects with a {@link StalledError} that shows what is live.
   *
   * - **Deadlock**: nothing can run, no timer is set, and the body has not ended. With `autojump: false`, timers that nobody
   *   moves time to do not count.
   * - **Livelock**: `limit` timers and checkpoints have passed, and the body has not ended.
   *
   * The root scope is cancelled then, and what ends thereupon is waited for; a body that fails in its cleanup is the error's
   * `cause`. What still does not end is named in the message, and waited for no more.
   *
   * Only what lives below the root scope is shown and cancelled: pass it on as `parent`. The clock cannot see the outside: a
   * body that waits for real I/O looks stuck, unless the clock has an `autojumpThreshold`.
   *
   * **Cancellation**: a body that was cut because it cancelled its own root scope has no value, and rejects the run with the
   * root's `CancelledError`: a test that was cut short must not pass.
   *
   * @throws {TypeError} Synchronously, where `body` is not a function. @throws {RangeError} Synchronously, where `limit` is no whole number above 0.
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
