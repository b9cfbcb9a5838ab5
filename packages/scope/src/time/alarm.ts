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
 * Calls a function at a given time on a clock. It costs one timer, and does not use a scope.
 *
 * An alarm does not belong to a scope, so no cancellation ends it. Clear it when it is no longer needed. An error that the function throws is
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
 * alarm.set(now()); // this time has passed, so the function is called at once
 * console.assert(calls === 1);
 * ```
 */
export class Alarm {
  /** When the function is called, in milliseconds on the clock; `Infinity` while the alarm is not set. */
  when: number = Infinity;
  /** @internal */
  readonly clock: Clock;
  /** @internal */
  timer: unknown = undefined;
  /** @internal */
  armedFor: number = Infinity;
  /** @internal */
  readonly keepsAlive: boolean;
  readonly #callback: () => void;

  constructor(callback: () => void, { clock = platformClock(), keepAlive = false }: AlarmOptions = {}) {
    this.#callback = callback;
    this.clock = clock;
    this.keepsAlive = keepAlive;
  }

  /**
   * Sets the alarm, or moves it. If the time has already passed, the function is called before this call returns. If the clock throws, the call
   * throws that error, and the alarm stays as it was.
   *
   * @param when - In milliseconds on the clock; `Infinity` clears the alarm.
   * @param now - The present time on the clock, if the caller has read it.
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
    // An earlier timer is kept. When it fires, it is set again for the rest.
    if (this.armedFor <= when && this.clock.goesWithTimers !== false) return;
    try {
      disarm(this);
      arm(this, now);
    } catch (error) {
      this.when = before;
      throw error;
    }
  }

  /** Clears the alarm. It may be set again. If the clock throws, the call throws that error. */
  clear(): void {
    this.when = Infinity;
    disarm(this);
  }

  /** @internal */
  timePassed(): void {
    this.when = Infinity;
    this.#call();
  }

  /** @internal The timer could not be set again, so the function would never be called. It is called now. */
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
