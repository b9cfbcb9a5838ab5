import { platformClock } from "./platform-clock.js";

/**
 * A source of time: the only thing in Selvage that uses timers (C1).
 *
 * Scopes, task groups, supervisors and timeouts take one as their `clock` option and inherit it from their parent; without
 * one they use the platform's timers. Implement it to run on another notion of time, as `VirtualClock` of `@selvage/testing` does.
 *
 * Each wait and each deadline sets a timer where it begins. When the timer fires, what waited for it is due, whatever `now()` says.
 * An error that a clock throws is thrown by the call on the scope that uses it, and by no other.
 *
 * @example
 * ```ts
 * import { CancelScope, type Clock } from "@selvage/scope";
 *
 * // A clock that runs ten times as fast as the wall's.
 * const fast: Clock = {
 *   now: () => performance.now() * 10,
 *   setTimer: (callback, delay) => setTimeout(callback, delay / 10),
 *   clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
 * };
 * await CancelScope.run((scope) => scope.sleep(100), { clock: fast }); // takes 10 ms
 * ```
 */
export interface Clock {
  /** The time in milliseconds; never goes backwards. */
  now(): number;
  /** Calls `callback` once, `delay` milliseconds from now (at once for 0 or less, but never synchronously). The delay is at most 2³¹−1. */
  setTimer(callback: () => void, delay: number): unknown;
  /** Revokes a timer that `setTimer` returned. */
  clearTimer(timer: unknown): void;
  /** Says whether a pending timer keeps the process alive. A new timer does. Leave it out where that has no meaning. */
  setKeepAlive?(timer: unknown, keepAlive: boolean): void;
  /** Calls `callback` when the event loop has turned, as `checkpoint` waits for. Default: the platform's next macrotask. */
  turn?(callback: () => void): void;
  /** @internal Whether these are the platform's own timers, which may fire early, and which keep a process alive. */
  readonly isReal?: boolean;
  /** @internal `false` where `now()` does not go with the timers: then only a timer makes a deadline pass. */
  readonly goesWithTimers?: boolean;
}

/**
 * The time of the platform's monotonic clock, in milliseconds: what deadlines are measured on, unless a scope has a `clock` option
 * (then it is `scope.clock.now()`).
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
