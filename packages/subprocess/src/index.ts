/**
 * Commands that belong to a scope: when it is cancelled, they are ended with all the processes that they started, and waited for.
 *
 * @packageDocumentation
 */
export type { CommandInput, CommandOptions, SignalName } from "./options.js";
export type { Output } from "./output.js";
export { ProcessError, type ProcessErrorDetails } from "./process-error.js";
export { runCommand, type RunCommandOptions } from "./run-command.js";
export type { Command, CommandEnd } from "./command.js";
export { startCommand, type StartCommandOptions } from "./start-command.js";
export {
  CancelledError,
  CancelScope,
  type CancelScopeOptions,
  type Clock,
  ClosedError,
  InvalidStateError,
  isCancellation,
  now,
} from "@selvage/scope";
