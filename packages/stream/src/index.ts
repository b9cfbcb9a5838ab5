/**
 * Concurrent work over async iterables. What runs belongs to the loop: leaving it cancels what runs, releases the sources, and waits for both.
 *
 * @packageDocumentation
 */
export { type EmitterLike, type EventOptions, type EventTargetLike, fromEvents } from "./from-events.js";
export { batch, type BatchOptions } from "./batch.js";
export { mapStream, type MapStreamOptions } from "./map-stream.js";
export { type ItemOf, merge } from "./merge.js";
export type { StreamOptions } from "./operator.js";
export type { Results } from "./output.js";
export { LaggedError, type HasItems, type Items, type ItemSource, type MapFunction } from "@selvage/scope/internal";
export type { SharedLimit, TaskOwnerOptions } from "@selvage/scope/lowlevel";
export { debounce, throttle } from "./rate.js";
export { switchMap } from "./switch-map.js";
export { toReadableStream } from "./to-readable-stream.js";
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
