import { CancelScope, type Clock } from "@selvage/scope";

/** Where something can wait: a scope, or {@link NativeTimers}. */
export interface Sleeper {
  sleep(ms: number): Promise<void>;
}

/**
 * How the old way waits: what `setTimeout` of `node:timers/promises` does with its `signal`, but on the program's clock, so that
 * a test needs no real time.
 */
export class NativeTimers implements Sleeper {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;

  constructor(clock: Clock | undefined, signal?: AbortSignal) {
    this.#clock = clock ?? new CancelScope().clock;
    this.#signal = signal;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#clock.clearTimer(timer);
        reject(this.#signal?.reason as Error);
      };
      const wake = (): void => {
        this.#signal?.removeEventListener("abort", abort);
        resolve();
      };
      const timer = ms === Infinity ? undefined : this.#clock.setTimer(wake, ms);
      this.#signal?.addEventListener("abort", abort, { once: true });
      if (this.#signal?.aborted === true) abort();
    });
  }
}
