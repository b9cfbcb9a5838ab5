/**
 * Tasks that run and fail independently of each other, and an explicit shutdown.
 *
 * @packageDocumentation
 */
export type { Backoff } from "@selvage/scope/internal";
export type { RestartPolicy } from "./restart-options.js";
export { RestartLimitError } from "./restart-limit-error.js";
export type { DrainOptions, ShutdownOptions, ShutdownReport } from "./shutdown-options.js";
export { Supervisor } from "./supervisor.js";
export type {
  FailureInfo,
  SupervisedStartOptions,
  SupervisedTaskOptions,
  SupervisorOptions,
  SupervisorStats,
} from "./supervisor-options.js";
export {
  CancelledError,
  CancelScope,
  type CancelScopeOptions,
  type Clock,
  ClosedError,
  ExceptionGroup,
  InvalidStateError,
  isCancellation,
  type Task,
  type TaskFunction,
  type TaskStatus,
} from "@selvage/scope";
