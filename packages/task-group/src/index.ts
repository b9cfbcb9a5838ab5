/**
 * Tasks that succeed or fail together.
 *
 * @packageDocumentation
 */
export { asCompleted, type CompletedTask } from "./combinators/as-completed.js";
export { gather, type Results } from "./combinators/gather.js";
export { gatherSettled, type SettledResults } from "./combinators/gather-settled.js";
export { map, type MapFunction } from "./combinators/map.js";
export { any, race, type ResultOf } from "./combinators/race.js";
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
