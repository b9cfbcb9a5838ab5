import type { Clock } from "@selvage/scope";

/**
 * The one axis on which all events of a trace lie, in microseconds from its start. It is the time of one clock, whatever the clocks of the scopes.
 * It never goes backwards, and stands still while the clock throws.
 */
export class TimeAxis {
  readonly #clock: Clock;
  readonly #start: number;
  #latest = 0;

  /** Reads the clock. If that throws, the error is thrown. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  /** Returns the present time. */
  now(): number {
    try {
      const time = Math.round((this.#clock.now() - this.#start) * 1e6) / 1e3; // a whole number of nanoseconds
      if (time > this.#latest && time < Infinity) this.#latest = time;
    } catch {
      // The clock throws. The program did not read it, so it must not fail because of that.
    }
    return this.#latest;
  }

  /** Returns a deadline on another clock as milliseconds on this axis; `undefined` if there is none. `ts` is the present time. */
  deadline(when: number, clock: Clock, ts: number): number | undefined {
    if (!Number.isFinite(when)) return undefined;
    try {
      return Math.round((ts / 1e3 + when - clock.now()) * 1e3) / 1e3;
    } catch {
      return undefined;
    }
  }
}
