/**
 * Timeouts that cancel the work and wait for it.
 *
 * @packageDocumentation
 */
export { moveOnAfter, moveOnAt } from "./move-on.js";
export { shield, type ShieldOptions } from "./shield.js";
export { type Timeout, timeout, timeoutAt, type TimeoutBody, type TimeoutOptions } from "./timeout.js";
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
export { TimeoutError } from "@selvage/scope/internal";
