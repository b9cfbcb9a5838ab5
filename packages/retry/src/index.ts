/**
 * Trying again: retries, schedules, hedged requests and circuit breakers. They stop when their scope is cancelled.
 *
 * @packageDocumentation
 */
export type { Backoff } from "@selvage/scope/internal";
export { Breaker } from "./breaker.js";
export type { BreakerOptions, BreakerState, BreakerTrigger } from "./breaker-options.js";
export { CircuitOpenError } from "./circuit-open-error.js";
export { every, type EveryOptions } from "./every.js";
export { hedge, type HedgeOptions, type HedgeResult } from "./hedge.js";
export { HedgeBudget, type HedgeBudgetOptions } from "./hedge-budget.js";
export { retry } from "./retry.js";
export { retryAfter } from "./retry-after.js";
export { RetryError } from "./retry-error.js";
export type { RetryFunction, RetryInfo, RetryOptions } from "./retry-options.js";
export {
  CancelledError,
  CancelScope,
  type CancelScopeOptions,
  type Clock,
  ClosedError,
  ExceptionGroup,
  InvalidStateError,
  isCancellation,
  now,
} from "@selvage/scope";
export { TimeoutError } from "@selvage/scope/internal";
