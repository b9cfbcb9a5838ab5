import type { Clock } from "@selvage/scope";
import { Alarm } from "@selvage/scope/lowlevel";

/** Calls a function when a time is over. While it runs, it keeps the process alive. */
export class Countdown {
  readonly #due: () => void;
  #alarm: Alarm | undefined = undefined;

  /** @param due - Called when the time is over. It must not throw. */
  constructor(due: () => void) {
    this.#due = due;
  }

  get isRunning(): boolean {
    return this.#alarm !== undefined && this.#alarm.when !== Infinity;
  }

  /** Begins anew. Throws what the clock throws. */
  start(clock: Clock, ms: number): void {
    this.#alarm ??= new Alarm(this.#due, { clock, keepAlive: true });
    const now = clock.now();
    this.#alarm.set(now + ms, now);
  }

  /** Stops. It never throws. */
  clear(): void {
    try {
      this.#alarm?.clear();
    } catch {
      // The clock throws. What is due then is no longer there.
    }
  }
}
