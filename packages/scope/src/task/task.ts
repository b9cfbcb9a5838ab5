/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope } from "../cancel-scope.js";

/** Where a task is in its life: it leaves `"pending"` once, for one of the others. */
export type TaskStatus = "pending" | "fulfilled" | "rejected" | "cancelled";

/** What a task runs: it is handed the task's own scope. */
export type TaskFunction<T> = (scope: CancelScope) => T | PromiseLike<T>;

/**
 * A function running in a scope of its own, and the handle to it. Task groups and supervisors make them.
 *
 * The function starts synchronously, unless a limit queues it, and the task never ends synchronously. At its end, in one
 * microtask and in this order: the status is set, the scope closed, the done-callbacks called, the owner told.
 *
 * `await task` yields the value or throws the error; a task that nobody awaits costs no promise and never causes an unhandled
 * rejection: its owner has the error, awaited or not. Awaiting a task that somebody cancelled is, for the awaiter, an ordinary error.
 *
 * Kin: asyncio's `Task`.
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
  /** The name given, or the function's own. */
  readonly name: string;
  /** `"cancelled"` if its function ended by its scope's cancellation, whoever caused it. */
  readonly status: TaskStatus;
  /** Whether it has ended. */
  readonly done: boolean;
  /** Whether it waits for its turn under a limit: its function has not been called. */
  readonly queued: boolean;
  /** Which run this is, or was: 1, and one more with every restart by its owner. */
  readonly attempt: number;
  /** While it waits to be restarted: when that will be, on the scope's clock. */
  readonly restartsAt: number | undefined;
  /** Its scope, which was handed to its function; closed once it is done. */
  readonly scope: CancelScope;
  /**
   * The value of a fulfilled task.
   *
   * @throws {InvalidStateError} While pending. @throws {CancelledError} If cancelled. @throws Its error, if rejected.
   */
  result(): T;
  /**
   * The error of a rejected task; `undefined` of a fulfilled one.
   *
   * @throws {InvalidStateError} While pending. @throws {CancelledError} If cancelled.
   */
  exception(): unknown;
  /**
   * The error with which the function actually ended, also where the task keeps another: a client's own abort error, or the first
   * that `settle` replaced. `undefined` while pending, or if the function returned; the `CancelledError` if it was never called.
   */
  readonly raised: unknown;
  /** Cancels this task alone: for its owner a cancelled task, not a failure. One that waits for its turn never starts. */
  cancel(reason?: unknown): void;
  /**
   * Calls `fn` when the task has ended, before its owner is told; added late, in a microtask. In order of registration; what it
   * throws is reported as uncaught.
   *
   * @returns A handle that unregisters it.
   */
  addDoneCallback(fn: (task: Task<T>) => void): Disposable;
}

/** What a task that has ended threw: the error of a rejected one, the `CancelledError` of a cancelled one. */
export function errorOf(task: Task<unknown>): unknown {
  try {
    return task.exception();
  } catch (cancelled) {
    return cancelled;
  }
}
