/**
 * Tasks that succeed or fail together.
 *
 * @packageDocumentation
 */
export { gather, type Results } from "./gather.js";
export { map, type MapFunction } from "./map.js";
export { any, race, type ResultOf } from "./race.js";
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
