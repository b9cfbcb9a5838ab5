import type { Clock } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";

/** The error with which a promise is rejected. */
export function errorOf<E = Error>(promise: Promise<unknown>): Promise<E> {
  return promise.then(
    (value) => Promise.reject(new Error(`expected an error, got ${String(value)}`)),
    (error: unknown) => error as E,
  );
}

/** The error that a call throws synchronously. */
export function thrownBy(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a throw");
}

/** Time that jumps when everything is blocked. */
export function autojump(): VirtualClock {
  return new VirtualClock({ autojump: true });
}

/** Virtual time that can pass without timers, as it does while the event loop is blocked, and can fail. */
export class HostileClock implements Clock {
  readonly virtual: VirtualClock = autojump();
  /** How much time has passed without timers. */
  skipped = 0;
  /** After how many calls the members throw; `Infinity` for never. */
  callsLeft = Infinity;

  #call(): void {
    if (this.callsLeft-- <= 0) throw new Error("broken clock");
  }

  now(): number {
    this.#call();
    return this.virtual.now() + this.skipped;
  }

  setTimer(callback: () => void, delay: number): unknown {
    this.#call();
    return this.virtual.setTimer(callback, delay);
  }

  clearTimer(timer: unknown): void {
    this.virtual.clearTimer(timer);
    this.#call();
  }

  turn(callback: () => void): void {
    this.virtual.turn(callback);
  }
}

/** Without jitter: 1 s, 2 s, 4 s … */
export const steady = { jitter: false } as const;

/** A function that fails with "no 1", "no 2" and so on. */
export function refuse(_scope: unknown, attempt: number): Promise<never> {
  return Promise.reject(new Error(`no ${attempt}`));
}
