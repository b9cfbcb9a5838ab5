import { checkFunction, checkOptions as checkObject, checkTime } from "@selvage/scope/internal";
import { checkSignals, type SignalName } from "./signals.js";
import { checkUncaught, type UncaughtPolicy } from "./uncaught.js";

/** Options of {@link run} and {@link Runner}. */
export interface RunnerOptions {
  /** The signals that cancel the main. Default: `["SIGINT", "SIGTERM"]`. With an empty array, signals have their usual effect. */
  readonly signals?: readonly SignalName[] | undefined;
  /**
   * How long the main may take to end after the first signal, in milliseconds. Then everything that still runs is printed, with its creation site.
   * Creation sites are recorded while the main runs, which costs a stack trace per scope. Default: nothing is printed or recorded.
   */
  readonly grace?: number | undefined;
  /**
   * How long the process may take to end after the first signal, in milliseconds. Then it exits, whatever keeps it alive, even if the main has
   * ended. The exit code is `process.exitCode ?? 0` if the main returned, and 128 + n if it was cancelled or still runs. The option also limits how
   * long the main may take to end after an uncaught error.
   *
   * The timer does not keep the process alive. A later main disarms it, and so does `close()` once the main has ended.
   * Default: no limit after a signal, 10,000 after an uncaught error.
   */
  readonly timeout?: number | undefined;
  /**
   * What an uncaught exception or an unhandled rejection does while the main runs. `"cancel"` cancels the main with the error as
   * reason. When the main has ended, or after `timeout`, all such errors are printed and the process exits with 1, whatever the main
   * returns. `"crash"` leaves them to the platform.
   *
   * Default: `"cancel"`. For an event (`uncaughtException`, `unhandledRejection`) that already has a listener when the main starts, it is `"crash"`.
   */
  readonly uncaught?: "cancel" | "crash" | undefined;
  /**
   * Called with the error of the main or the uncaught error, instead of printing it. If there are several errors, it is called with an
   * `ExceptionGroup`. It is waited for, but not beyond `timeout` after a signal or an uncaught error. Then the process exits with 1. If it throws,
   * its error is printed together with the error that it received.
   */
  readonly onError?: ((error: unknown) => unknown) | undefined;
}

/** A checked copy of the options. */
export interface CheckedOptions {
  readonly signals: readonly SignalName[];
  readonly grace: number | undefined;
  readonly timeout: number | undefined;
  readonly uncaught: UncaughtPolicy | undefined;
  readonly onError: ((error: unknown) => unknown) | undefined;
}

/** Checks the options before anything is installed or called. */
export function checkOptions(options: RunnerOptions): CheckedOptions {
  checkObject(options);
  const { signals = ["SIGINT", "SIGTERM"], grace, timeout, uncaught, onError } = options;
  if (grace !== undefined) checkTime(grace, "The grace of a runner");
  if (timeout !== undefined) checkTime(timeout, "The timeout of a runner");
  checkUncaught(uncaught);
  if (onError !== undefined) checkFunction(onError, "onError");
  return { signals: checkSignals(signals), grace, timeout, uncaught, onError };
}
