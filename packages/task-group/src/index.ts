/**
 * Tasks that succeed or fail together.
 *
 * @packageDocumentation
 */
export { asCompleted, type CompletedTask } from "./combinators/as-completed.js";
export type { MapFunction, MapOptions } from "@selvage/scope/internal";
export type { ResultAt, TaskFunctions } from "./combinators/functions.js";
export { gather, type Results } from "./combinators/gather.js";
export { gatherSettled, type SettledResults } from "./combinators/gather-settled.js";
export { map, mapSettled, type MapSettledOptions, type SourceError } from "./combinators/map.js";
export { any, race, type RaceOptions, type ResultOf } from "./combinators/race.js";
export type { SettledOptions } from "./combinators/settling.js";
export type { Items, ItemSource } from "@selvage/scope/internal";
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
