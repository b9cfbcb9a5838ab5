import type { CancelScopeOptions } from "../cancel-scope.js";
import type { SharedLimit } from "./shared-limit.js";
import type { Task, TaskFunction } from "./task.js";
import type { TaskOwner } from "./task-owner.js";
import type { Failed } from "../tree/observer.js";

/** What an owner of tasks is made with. */
export interface TaskOwnerOptions extends Omit<CancelScopeOptions, "deadline" | "shield"> {
  /**
   * How many children run at once; the rest wait their turn, first in, first out. A positive integer or `Infinity`, or a limit that several
   * owners share. Default: `Infinity`.
   */
  readonly limit?: number | SharedLimit | undefined;
}

/** How one task is made. */
export interface TaskOptions {
  /** What messages and `describeTree` call it. Default: the function's own name. */
  readonly name?: string | undefined;
}

/** The one decision in which owners of tasks differ: what the end of a child means. */
export interface TaskPolicy {
  /** A child was made with these options, and its function has not been called. Must not throw. */
  taskCreated?(task: Task<unknown>, options: TaskOptions): void;
  /** The error with which a child is refused, after `refuse(advice)`. Default: a `ClosedError`. Must not throw. */
  refusal?(advice: string): Error | undefined;
  /**
   * A child has ended, and no longer counts: `task.status` says how. Called in the microtask in which it ended, after its
   * done-callbacks. Must not throw.
   */
  taskEnded(task: Task<unknown>, owner: TaskOwner): void;
  /**
   * What the owner fails with, whose scope closes; `undefined` if it does not fail. For observers (N2): it is not called if there are none. Must not
   * throw.
   *
   * @param leftOpen - What `close` is about to return.
   */
  failure?(owner: TaskOwner, leftOpen: unknown): Failed | undefined;
  /** No child is left, after `taskEnded` was told of the last. Others may come. Must not throw. */
  emptied?(owner: TaskOwner): void;
}

/** A function, and how its task is made. */
export interface TaskCall {
  readonly fn: TaskFunction<unknown>;
  readonly options?: TaskOptions | undefined;
}
