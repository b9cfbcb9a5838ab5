import { describeValue } from "../support/arguments.js";
import { platformClock } from "./platform-clock.js";

/**
 * A source of time. Only clocks use timers in Selvage (C1).
 *
 * Scopes, task groups, supervisors and timeouts have a `clock` option, and inherit the clock from their parent. Without either they use the
 * platform's timers. Implement this interface to control time, as `VirtualClock` of `@selvage/testing` does.
 *
 * Each wait and each deadline sets its own timer when it begins. When the timer fires, the wait or deadline is due, whatever `now()` returns.
 * If a clock throws, only the call on the scope that uses the clock fails.
 *
 * @example
 * ```ts
 * import { CancelScope, type Clock } from "@selvage/scope";
 *
 * // A clock that runs ten times as fast as real time.
 * const fast: Clock = {
 *   now: () => performance.now() * 10,
 *   setTimer: (callback, delay) => setTimeout(callback, delay / 10),
 *   clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
 * };
 * await CancelScope.run((scope) => scope.sleep(100), { clock: fast }); // takes 10 ms
 * ```
 */
export interface Clock {
  /** Returns the time in milliseconds. It never goes backwards. */
  now(): number;
  /** Calls `callback` once, in `delay` milliseconds. For 0 or less it is called soon, but never synchronously. The delay is at most 2³¹−1. */
  setTimer(callback: () => void, delay: number): unknown;
  /** Cancels a timer that `setTimer` returned. */
  clearTimer(timer: unknown): void;
  /** Sets whether a pending timer keeps the process alive. A new timer does. Omit this method if timers cannot keep a process alive. */
  setKeepAlive?(timer: unknown, keepAlive: boolean): void;
  /** Calls `callback` after the event loop has turned. `checkpoint` uses it. Default: the platform's next macrotask. */
  turn?(callback: () => void): void;
  /** @internal Whether these are the platform's own timers, which may fire early and can keep a process alive. */
  readonly isReal?: boolean;
  /** @internal `false` if `now()` is not in step with the timers. Then a deadline passes only when its timer fires. */
  readonly goesWithTimers?: boolean;
}

/**
 * Returns the time of the platform's monotonic clock, in milliseconds. Deadlines are times on this clock, unless a scope has a `clock` option. Then
 * use `scope.clock.now()`.
 *
 * @example
 * ```ts
 * import { CancelScope, now } from "@selvage/scope";
 *
 * const scope = new CancelScope({ deadline: now() + 5_000 });
 * scope.close();
 * ```
 */
export function now(): number {
  return platformClock().now();
}

/** Throws a `TypeError` unless the value of an option is a clock or `undefined`. */
export function checkClock(clock: unknown): asserts clock is Clock | undefined {
  if (clock !== undefined && !isClock(clock)) {
    throw new TypeError(`The option "clock" must be a Clock (now, setTimer, clearTimer), got ${describeValue(clock)}.`);
  }
}

function isClock(value: unknown): value is Clock {
  if (typeof value !== "object" || value === null) return false;
  const { now, setTimer, clearTimer } = value as Record<keyof Clock, unknown>;
  return typeof now === "function" && typeof setTimer === "function" && typeof clearTimer === "function";
}

/** Whether the time of a clock is in step with its timers. It is not where fake timers do not replace `performance.now` (platform-clock.ts, 3). */
export function goesWithTimers(clock: Clock): boolean {
  return clock.goesWithTimers !== false;
}
