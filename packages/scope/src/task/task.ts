/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope } from "../cancel-scope.js";

/** The status of a task. It leaves `"pending"` once, for one of the others. */
export type TaskStatus = "pending" | "fulfilled" | "rejected" | "cancelled";

/** The function that a task runs. It receives the task's own scope. */
export type TaskFunction<T> = (scope: CancelScope) => T | PromiseLike<T>;

/**
 * A function that runs in its own scope, and the handle to it. Task groups and supervisors make tasks.
 *
 * The function starts synchronously, unless a limit queues it. The task never ends synchronously. When it ends, the following happens in one
 * microtask and in this order: the status is set, the scope is closed, the done-callbacks are called, and the owner is notified.
 *
 * `await task` yields the value or throws the error. A task that is never awaited does not cost a promise and never causes an unhandled rejection,
 * because its owner has the error in any case. For code that awaits a task, the cancellation of the task is an ordinary error.
 *
 * Compare asyncio's `Task`.
 *
 * @example
 * ```ts
 * import { TaskGroup } from "@selvage/task-group";
 *
 * await TaskGroup.run(async (group) => {
 *   const task = group.createTask(async () => 42, { name: "answer" });
 *   console.assert(task.status === "pending");
 *   console.assert((await task) === 42 && task.result() === 42);
 * });
 * ```
 */
export interface Task<T> extends PromiseLike<T> {
  /** The given name, or the name of the function. */
  readonly name: string;
  /** How the task ended, or `"pending"`. It is `"cancelled"` if a cancellation of its scope interrupted the function, whatever caused it. */
  readonly status: TaskStatus;
  /** Whether it has ended. */
  readonly done: boolean;
  /** Whether it waits for its turn under a limit. Then its function has not been called. */
  readonly queued: boolean;
  /** The number of the present or latest run: 1, and one more with every restart. */
  readonly attempt: number;
  /** When it will be restarted, on the scope's clock; `undefined` unless it waits for that. */
  readonly restartsAt: number | undefined;
  /** The scope that its function receives. It is closed when the task has ended. */
  readonly scope: CancelScope;
  /**
   * Returns the value of a fulfilled task.
   *
   * @throws {InvalidStateError} If the task is pending. @throws {CancelledError} If it is cancelled. @throws Its error, if it is rejected.
   */
  result(): T;
  /**
   * Returns the error of a rejected task; `undefined` for a fulfilled one.
   *
   * @throws {InvalidStateError} If the task is pending. @throws {CancelledError} If it is cancelled.
   */
  exception(): unknown;
  /**
   * The error with which the function actually ended, even if the task has another one: a client's own abort error, or the first error that `settle`
   * replaced. `undefined` while the task is pending, or if the function returned. The `CancelledError` if the function was never called.
   */
  readonly raised: unknown;
  /** Cancels this task alone. For the owner it is a cancelled task, not a failure. A queued task that is cancelled never starts. */
  cancel(reason?: unknown): void;
  /**
   * Calls `fn` when the task has ended, before its owner is notified. Callbacks are called in order of registration. If the task has already ended,
   * the callback is called in a microtask. An error that it throws is reported as uncaught.
   *
   * @returns A handle that unregisters the callback.
   */
  addDoneCallback(fn: (task: Task<T>) => void): Disposable;
}

/** Returns what `await task` throws for a task that has ended: its error or its `CancelledError`. `undefined` for a fulfilled task. */
export function errorOf(task: Task<unknown>): unknown {
  try {
    return task.exception();
  } catch (cancelled) {
    return cancelled;
  }
}
