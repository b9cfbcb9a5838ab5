/**
 * Tasks that succeed or fail together.
 *
 * @packageDocumentation
 */
export { TaskGroup, type TaskGroupOptions } from "./task-group.js";
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
