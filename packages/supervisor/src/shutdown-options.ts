import { CancelScope } from "@selvage/scope";
import { checkOptions, checkTime, describeValue } from "@selvage/scope/internal";

/** How long a drain may take: what a shutdown begins with when the parent is cancelled. */
export interface DrainOptions {
  /**
   * How long the tasks of each stage may go on to end by themselves, in milliseconds from the stage's turn, before they are cancelled. In a later
   * call of `shutdown` it is an upper bound, from that call on, for the present stage and every later one. Default: 0.
   */
  readonly grace?: number | undefined;
  /**
   * How long the whole may take, in milliseconds from the beginning; tasks that are left then are abandoned. Default: as long as they need.
   */
  readonly timeout?: number | undefined;
}

/** How a supervisor is shut down. */
export interface ShutdownOptions extends DrainOptions {
  /** The reason of the cancellation. Default: "shutdown". */
  readonly reason?: unknown;
  /** The scope of the task that calls, or one below it: such a task is not waited for by any caller that says so. */
  readonly requestedBy?: CancelScope | undefined;
}

/** What a shutdown came to, counted since it began. */
export interface ShutdownReport {
  /** How many tasks returned. */
  readonly completed: number;
  /** How many tasks failed; `onError` was told of each. */
  readonly failed: number;
  /** How many tasks were cancelled and have ended. */
  readonly cancelled: number;
  /** The names of the tasks that had not ended when the time was up. */
  readonly abandoned: readonly string[];
  /** How long it took, in milliseconds. */
  readonly elapsed: number;
}

/** Checks the options of a shutdown before it changes anything, and returns a copy that no longer changes. */
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

/** Checks the option `drain` before anything is made with it, and returns a copy that no longer changes. */
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
