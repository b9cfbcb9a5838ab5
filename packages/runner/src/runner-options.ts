import { checkFunction, checkOptions as checkObject, checkTime } from "@selvage/scope/internal";
import { checkSignals, type SignalName } from "./signals.js";
import { checkUncaught, type UncaughtPolicy } from "./uncaught.js";

/** How a main is run. */
export interface RunnerOptions {
  /** The signals that cancel the main. Default: `["SIGINT", "SIGTERM"]`. With none, signals do what they do to any process. */
  readonly signals?: readonly SignalName[] | undefined;
  /**
   * How long the main may take to end after the first signal, in milliseconds. Then what still runs is printed, with where it was
   * created. That is recorded while the main runs, and costs a stack trace for each scope. Default: nothing is printed or recorded.
   */
  readonly grace?: number | undefined;
  /**
   * How long the process may take to end after the first signal, in milliseconds. Then it exits, whatever keeps it alive, also if the
   * main has ended: with `process.exitCode ?? 0` if the main returned, and with 128 + n if it was cancelled or still runs.
   * It is also how long the main may take to end after an uncaught error.
   *
   * Its timer does not keep the process alive. A later main, or `close()` once the main has ended, disarms it.
   * Default: no limit after a signal, 10,000 after an uncaught error.
   */
  readonly timeout?: number | undefined;
  /**
   * What an uncaught exception or an unhandled rejection does while the main runs. `"cancel"` cancels the main with the error as
   * reason. When the main has ended, or after `timeout`, all such errors are printed and the process exits with 1, whatever the main
   * returns. `"crash"` leaves them to the platform.
   *
   * Default: `"cancel"`, but `"crash"` for an event (`uncaughtException`, `unhandledRejection`) that the program listens to itself when
   * the main starts.
   */
  readonly uncaught?: "cancel" | "crash" | undefined;
  /**
   * Called, instead of the print, with the error that the main failed with, or with the uncaught error; with an `ExceptionGroup` if
   * there are several. It is waited for, but not beyond `timeout` after a signal or an uncaught error. Then the process exits with 1.
   * What it throws is printed, together with the error.
   */
  readonly onError?: ((error: unknown) => unknown) | undefined;
}

/** Options that have been checked, and no longer change. */
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
