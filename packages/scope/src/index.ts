/**
 * Cancellation scopes, and what all primitives of Selvage share: errors, clocks and the types of tasks.
 *
 * @packageDocumentation
 */
export { acquire, type Acquired, type AcquireOptions } from "./run/acquire.js";
export { CancelScope, type CancelScopeOptions } from "./cancel-scope.js";
export { CancelledError } from "./error/cancelled-error.js";
export { type Clock, now } from "./time/clock.js";
export { ClosedError, InvalidStateError } from "./error/errors.js";
export { ExceptionGroup } from "./error/exception-group.js";
export { format, type FormatOptions } from "./error/format.js";
export { isCancellation } from "./error/is-cancellation.js";
export type { IsCut } from "./wait/settle.js";
export type { WaitScope } from "./wait/turn.js";
export type { Task, TaskFunction, TaskStatus } from "./task/task.js";
