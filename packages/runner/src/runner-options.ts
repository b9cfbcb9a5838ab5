import { checkFunction, checkOptions as checkObject, checkTime } from "@selvage/scope/lowlevel";
import { checkSignals, type SignalName } from "./signals.js";

/** How a main is run. */
export interface RunnerOptions {
  /** The signals that cancel the main. Default: `["SIGINT", "SIGTERM"]`; with none, signals do what they do to any process. */
  readonly signals?: readonly SignalName[] | undefined;
  /**
   * How long the main may take to end after the first signal, in milliseconds, before what is left of it is printed, with where it was
   * created: from the call on, that is recorded, which costs a stack trace a scope. Default: nothing is printed, nothing recorded.
   */
  readonly grace?: number | undefined;
  /**
   * Told of the error that the main failed with, instead of its being printed. It is waited for; then the process exits with 1 all
   * the same. What it throws is printed, together with the error.
   */
  readonly onError?: ((error: unknown) => unknown) | undefined;
}

/** Options that have been checked, and no longer change. */
export interface CheckedOptions {
  readonly signals: readonly SignalName[];
  readonly grace: number | undefined;
  readonly onError: ((error: unknown) => unknown) | undefined;
}

/** Checks the options before anything is installed or called. */
export function checkOptions(options: RunnerOptions): CheckedOptions {
  checkObject(options);
  const { signals = ["SIGINT", "SIGTERM"], grace, onError } = options;
  if (grace !== undefined) checkTime(grace, "The grace of a runner");
  if (onError !== undefined) checkFunction(onError, "onError");
  return { signals: checkSignals(signals), grace, onError };
}
