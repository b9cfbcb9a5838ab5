/**
 * Concurrent work over async iterables. What runs belongs to the loop: leaving it cancels what runs, releases the sources, and waits for both.
 *
 * @packageDocumentation
 */
export { fromEvents, type EventOptions } from "./from-events.js";
export { batch, type BatchOptions } from "./batch.js";
export { mapStream, type MapStreamOptions } from "./map-stream.js";
export { merge } from "./merge.js";
export type { StreamOptions } from "./operator.js";
export type { Results } from "./output.js";
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
