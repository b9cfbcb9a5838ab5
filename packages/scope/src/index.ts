/**
 * Cancellation scopes, and what all primitives of Selvage share.
 *
 * @packageDocumentation
 */
export { acquire, type Acquired, type AcquireOptions } from "./acquire.js";
export { CancelScope, type CancelScopeOptions } from "./cancel-scope.js";
export { CancelledError } from "./cancelled-error.js";
export { type Clock, now } from "./clock.js";
export { ClosedError, InvalidStateError } from "./errors.js";
export { ExceptionGroup } from "./exception-group.js";
export { format, type FormatOptions } from "./format.js";
export { isCancellation } from "./is-cancellation.js";
export type { Task, TaskFunction, TaskStatus } from "./task.js";
