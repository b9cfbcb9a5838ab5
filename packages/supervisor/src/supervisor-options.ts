import type { CancelScope, Task } from "@selvage/scope";
import type { TaskOptions, TaskOwnerOptions } from "@selvage/scope/lowlevel";
import type { RestartPolicy } from "./restart-policy.js";
import type { DrainOptions } from "./shutdown-options.js";

/** Which run of a task has failed, and what follows. */
export interface FailureInfo {
  /** 1 for the first run, and one more with every restart. */
  readonly attempt: number;
  /** In how many milliseconds the task is started again; `undefined` if it is not. */
  readonly restartsIn: number | undefined;
}

/** How a `Supervisor` is made. */
export interface SupervisorOptions extends TaskOwnerOptions {
  /**
   * A cancellation of the parent, its deadline included, does not cancel the supervisor: it begins a shutdown with this `grace` and `timeout`, and
   * the parent's `CancelledError` as its reason. It needs a parent. Default: the supervisor is cancelled with its parent.
   */
  readonly drain?: DrainOptions | undefined;
  /** Told of every failure, synchronously, once. Default: it is printed with `console.error`. */
  readonly onError?: ((error: unknown, task: Task<unknown>, info: FailureInfo) => void) | undefined;
  /** Whether a failure ends the whole supervisor: it is shut down then, and `run` or `join` rejects with the error. Default: none does. */
  readonly isFatal?: ((error: unknown, task: Task<unknown>) => boolean) | undefined;
}

/** How many tasks there are, and how those that have ended did. */
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

/** How one task of a supervisor is made. */
export interface SupervisedTaskOptions extends TaskOptions {
  /** Whether and how it is started again when it has ended. Default: not. */
  readonly restart?: RestartPolicy | undefined;
  /**
   * When its turn comes in a shutdown: the tasks of a stage are left alone until those of the stages before have ended. A non-negative integer.
   * Default: 0.
   */
  readonly stage?: number | undefined;
  /**
   * How long it may go on in a shutdown from its stage's turn before it is cancelled, in milliseconds: 0 for what never ends by itself. Default:
   * what the shutdown says.
   */
  readonly grace?: number | undefined;
}

/** How a task is made that says when it is ready. */
export interface SupervisedStartOptions extends SupervisedTaskOptions {
  /** The caller's scope: its cancellation cancels the task until the task has called `started`. Default: none does. */
  readonly scope?: CancelScope | undefined;
}
