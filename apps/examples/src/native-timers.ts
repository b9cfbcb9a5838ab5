import { CancelScope, type Clock } from "@selvage/scope";

/** Something with a `sleep` method: a scope, or {@link NativeTimers}. */
export interface Sleeper {
  sleep(ms: number): Promise<void>;
}

/**
 * Waits as `setTimeout` of `node:timers/promises` does with its `signal`, but on the program's clock, so that a test
 * does not need real time. The old ways use it.
 */
export class NativeTimers implements Sleeper {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;

  constructor(clock: Clock | undefined, signal?: AbortSignal) {
    this.#clock = clock ?? new CancelScope().clock;
    this.#signal = signal;
  }

  sleep(ms: number): Promise<void> {
    const clock = this.#clock;
    const signal = this.#signal;
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        clock.clearTimer(timer);
        reject(signal?.reason as Error);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const timer = ms === Infinity ? undefined : clock.setTimer(wake, ms);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}
