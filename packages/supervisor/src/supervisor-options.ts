import type { Task } from "@selvage/scope";
import type { TaskOptions, TaskSetOptions } from "@selvage/scope/lowlevel";
import type { RestartPolicy } from "./restart.js";

/** How a `Supervisor` is made. */
export interface SupervisorOptions extends TaskSetOptions {
  /** Told of every failure, synchronously, once. Default: it is printed with `console.error`. */
  readonly onError?: ((error: unknown, task: Task<unknown>) => void) | undefined;
  /** Whether a failure ends the whole supervisor: it is shut down then, and `run` or `join` rejects with the error. Default: none does. */
  readonly isFatal?: ((error: unknown, task: Task<unknown>) => boolean) | undefined;
}

/** How many tasks there are, and how those that have ended did. */
export interface SupervisorStats {
  readonly running: number;
  readonly queued: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** How one task of a supervisor is made. */
export interface SupervisedTaskOptions extends TaskOptions {
  /** Whether and how it is started again when it has ended. Default: not. */
  readonly restart?: RestartPolicy | undefined;
}
