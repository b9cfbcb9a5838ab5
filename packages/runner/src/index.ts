/**
 * Runs the main function of a program. Signals and uncaught errors cancel it, failures are printed, and the process ends after all cleanup.
 *
 * @packageDocumentation
 */
export { run } from "./run.js";
export { Runner } from "./runner.js";
export type { RunnerOptions } from "./runner-options.js";
export type { SignalName } from "./signals.js";
export {
  CancelledError,
  CancelScope,
  type CancelScopeOptions,
  type Clock,
  ClosedError,
  ExceptionGroup,
  InvalidStateError,
  isCancellation,
} from "@selvage/scope";
