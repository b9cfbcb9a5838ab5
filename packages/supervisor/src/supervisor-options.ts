import type { CancelScope, Task } from "@selvage/scope";
import type { TaskOptions, TaskOwnerOptions } from "@selvage/scope/lowlevel";
import type { RestartPolicy } from "./restart-options.js";
import type { DrainOptions } from "./shutdown-options.js";

/** Which run of a task failed, and what follows. */
export interface FailureInfo {
  /** 1 for the first run, and one more with every restart. */
  readonly attempt: number;
  /** How many milliseconds later the task is started again; `undefined` if it is not started again. */
  readonly restartsIn: number | undefined;
}

/** Options of a {@link Supervisor}. */
export interface SupervisorOptions extends TaskOwnerOptions {
  /**
   * Makes a cancellation of the parent, including its deadline, begin a shutdown with this `grace` and `timeout`, and with the parent's
   * `CancelledError` as its reason. It needs a parent. Default: the supervisor is cancelled with its parent.
   */
  readonly drain?: DrainOptions | undefined;
  /** Called with every failure, synchronously, once. Default: the failure is printed with `console.error`. */
  readonly onError?: ((error: unknown, task: Task<unknown>, info: FailureInfo) => void) | undefined;
  /** Returns whether a failure is fatal. Then the supervisor is shut down, and `run` or `join` rejects with the error. Default: no failure is. */
  readonly isFatal?: ((error: unknown, task: Task<unknown>) => boolean) | undefined;
}

/** How many tasks there are, and how many have ended. */
export interface SupervisorStats {
  /** Tasks whose function runs. */
  readonly running: number;
  /** Tasks that wait for their turn under the limit. */
  readonly queued: number;
  /** Tasks that wait to be started again. */
  readonly restarting: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** How many runs were started again. */
  readonly restarts: number;
}

/** Options of one task of a supervisor. */
export interface SupervisedTaskOptions extends TaskOptions {
  /** Whether and how it is started again when it has ended. Default: it is not. */
  readonly restart?: RestartPolicy | undefined;
  /**
   * The stage in which a shutdown ends the task. The tasks of a stage are not affected until those of the earlier stages have ended. A non-negative
   * integer. Default: 0.
   */
  readonly stage?: number | undefined;
  /**
   * How many milliseconds the task has to end by itself in a shutdown, from its stage's turn, before it is cancelled. Use 0 for a task that never
   * ends by itself. Default: the grace of the shutdown.
   */
  readonly grace?: number | undefined;
}

/** Options of a task that reports when it is ready. */
export interface SupervisedStartOptions extends SupervisedTaskOptions {
  /** The caller's scope. Its cancellation also cancels the task, until the task has called `started`. Default: none. */
  readonly scope?: CancelScope | undefined;
}
