/**
 * Limits that callers share: semaphores, mutexes and rate limiters. Their waits end with the scope that waits.
 *
 * @packageDocumentation
 */
export { Keyed } from "./keyed.js";
export { Mutex } from "./mutex.js";
export type { Permit } from "./permit.js";
export { RateLimiter } from "./rate-limiter.js";
export type { RateLimiterOptions } from "./rate-limiter-options.js";
export { Semaphore, type SemaphoreOptions } from "./semaphore.js";
export {
  CancelledError,
  CancelScope,
  type CancelScopeOptions,
  type Clock,
  ClosedError,
  InvalidStateError,
  isCancellation,
  now,
} from "@selvage/scope";
