import { CancelScope } from "@selvage/scope";
import { checkOptions, checkTime, describeValue } from "@selvage/scope/internal";

/** The options of the shutdown that a cancellation of the parent begins. */
export interface DrainOptions {
  /**
   * How many milliseconds the tasks of each stage have to end by themselves before they are cancelled, from the stage's turn. In a later call of
   * `shutdown` it is an upper bound, from the time of that call, for the present stage and every later one. Default: 0.
   */
  readonly grace?: number | undefined;
  /** How many milliseconds the whole shutdown may take. Then the tasks that are left are abandoned. Default: no limit. */
  readonly timeout?: number | undefined;
}

/** Options of a shutdown. */
export interface ShutdownOptions extends DrainOptions {
  /** The reason of the cancellation. Default: "shutdown". */
  readonly reason?: unknown;
  /** The scope of the task that calls, or a scope below it. Callers that pass this option do not wait for each other. */
  readonly requestedBy?: CancelScope | undefined;
}

/** The result of a shutdown. Tasks are counted since it began. */
export interface ShutdownReport {
  /** How many tasks returned. */
  readonly completed: number;
  /** How many tasks failed. `onError` was called with each failure. */
  readonly failed: number;
  /** How many tasks were cancelled and have ended. */
  readonly cancelled: number;
  /** The names of the tasks that had not ended at the `timeout`. */
  readonly abandoned: readonly string[];
  /** How long it took, in milliseconds. */
  readonly elapsed: number;
}

/** Checks the options of a shutdown, and returns a copy, because the caller may change the original. */
export function checkShutdown(options: ShutdownOptions): ShutdownOptions {
  checkOptions(options);
  const { grace, timeout, reason, requestedBy } = options;
  checkTimes(grace, timeout, "a shutdown");
  if (requestedBy !== undefined && !(requestedBy instanceof CancelScope)) {
    throw new TypeError(
      `requestedBy must be the CancelScope of the task that requests the shutdown, got ${describeValue(requestedBy)}.`,
    );
  }
  return { grace, timeout, reason, requestedBy };
}

/** Checks the option `drain`, and returns a copy, because the caller may change the original. */
export function checkDrain(drain: unknown): DrainOptions {
  if (typeof drain !== "object" || drain === null) {
    throw new TypeError(`drain must be an object with "grace" and "timeout", got ${describeValue(drain)}.`);
  }
  const { grace, timeout } = drain as DrainOptions;
  checkTimes(grace, timeout, "a drain");
  return { grace, timeout };
}

function checkTimes(grace: unknown, timeout: unknown, what: string): void {
  if (grace !== undefined) checkTime(grace, `The grace of ${what}`);
  if (timeout !== undefined) checkTime(timeout, `The timeout of ${what}`);
}
