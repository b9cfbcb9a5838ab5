/**
 * Shows what a program does: trace files, the browser's Performance panel, diagnostics channels.
 *
 * @packageDocumentation
 */
export type {
  CancelMessage,
  CloseMessage,
  FailureMessage,
  Messages,
  RestartMessage,
  ScopeMessage,
  ShutdownMessage,
} from "./messages.js";
export type { TraceSink, TraceWritable } from "./output/trace-sink.js";
export { publish } from "./publish.js";
export { type TraceOptions, traceTo } from "./trace-to.js";
export { userTiming, type UserTimingOptions } from "./user-timing.js";
