import { reportUncaught } from "../error/report-uncaught.js";
import type { Clock } from "./clock.js";
import { keepHot } from "../support/keep-hot.js";
import { platformClock } from "./platform-clock.js";
import { arm, disarm } from "./timer.js";

/** How an {@link Alarm} is made. */
export interface AlarmOptions {
  /** The clock on which it waits. Default: the platform's timers. */
  readonly clock?: Clock | undefined;
  /** Whether it keeps the process alive while it is set. Default: false. */
  readonly keepAlive?: boolean | undefined;
}

/**
 * Calls a function when a time has come on a clock. It costs one timer, and no scope.
 *
 * An alarm belongs to no scope: a cancellation does not end it. Clear it when it is no longer needed. An error that the function throws is
 * reported as uncaught.
 *
 * @example
 * ```ts
 * import { now } from "@selvage/scope";
 * import { Alarm } from "@selvage/scope/lowlevel";
 *
 * let calls = 0;
 * const alarm = new Alarm(() => calls++);
 * alarm.set(now() + 60_000);
 * alarm.clear();
 * alarm.set(now()); // it has passed: the function is called at once
 * console.assert(calls === 1);
 * ```
 */
export class Alarm {
  /** When the function is called, in milliseconds on the clock; `Infinity` while the alarm is not set. */
  when: number = Infinity;
  /** @internal */ readonly clock: Clock;
  /** @internal */ timer: unknown = undefined;
  /** @internal */ armedFor: number = Infinity;
  /** @internal */ readonly keepsAlive: boolean;
  readonly #callback: () => void;

  constructor(callback: () => void, { clock = platformClock(), keepAlive = false }: AlarmOptions = {}) {
    this.#callback = callback;
    this.clock = clock;
    this.keepsAlive = keepAlive;
  }

  /**
   * Sets the alarm, or moves it. If the time has passed, the function is called before this returns. An error that the clock throws passes, and
   * the alarm is as it was.
   *
   * @param when - In milliseconds on the clock; `Infinity` clears the alarm.
   * @param now - What the clock says, if the caller knows.
   */
  set(when: number, now: number = this.clock.now()): void {
    if (when === Infinity) {
      this.clear();
      return;
    }
    if (when <= now) {
      this.clear();
      this.#call();
      return;
    }
    const before = this.when;
    this.when = when;
    // A timer that fires earlier is kept, and is set again when it fires.
    if (this.armedFor <= when && this.clock.goesWithTimers !== false) return;
    try {
      disarm(this);
      arm(this, now);
    } catch (error) {
      this.when = before;
      throw error;
    }
  }

  /** Clears the alarm. It may be set again. An error that the clock throws passes. */
  clear(): void {
    this.when = Infinity;
    disarm(this);
  }

  /** @internal */ timePassed(): void {
    this.when = Infinity;
    this.#call();
  }

  /** @internal Without a timer the alarm would not go off: it goes off now. */
  clockFailed(error: unknown): void {
    this.timePassed();
    throw error;
  }

  #call(): void {
    try {
      this.#callback();
    } catch (error) {
      reportUncaught(error);
    }
  }
}

keepHot((clock) => new Alarm(() => {}, { clock }));
