import type { Clock } from "./clock.js";

/** Times that are at most this far apart are equal, in milliseconds, because sums of fractions are not exact. The error does not add up. */
export const SAME_TIME = 1e-6;

/**
 * Notices that a clock was replaced or has gone back, as when fake timers are installed or removed. Objects that keep times while nothing waits (a bucket
 * of tokens, a breaker, a kept value) may be older than a test's fake timers, or outlive them.
 */
export class TimeShift {
  #clock: Clock | undefined = undefined;
  #latest = 0;

  /** Records a reading. Returns what must be added to each time that was kept before: 0, unless the clock was replaced or has gone back. */
  record(clock: Clock, now: number): number {
    const isShifted = this.#clock !== undefined && (clock !== this.#clock || now < this.#latest);
    const shift = isShifted ? now - this.#latest : 0;
    this.#clock = clock;
    this.#latest = now;
    return shift;
  }
}
