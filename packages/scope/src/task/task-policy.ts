import type { CancelScopeOptions } from "../cancel-scope.js";
import type { SharedLimit } from "./shared-limit.js";
import type { Task, TaskFunction } from "./task.js";
import type { TaskOwner } from "./task-owner.js";
import type { Failed } from "../tree/observer.js";

/** Options of an owner of tasks. */
export interface TaskOwnerOptions extends Omit<CancelScopeOptions, "deadline" | "shield"> {
  /**
   * How many children may run at once. The rest wait for their turn, first in, first out. A positive integer, `Infinity`, or a limit that several
   * owners share. Default: `Infinity`.
   */
  readonly limit?: number | SharedLimit | undefined;
}

/** Options of one task. */
export interface TaskOptions {
  /** The name that messages and `describeTree` use. Default: the name of the function. */
  readonly name?: string | undefined;
}

/** Options of a task whose name a package has taken from the function or from a key. To observers, such a task was not given a name. */
export interface DerivedNameOptions extends TaskOptions {
  readonly _isDerived: true;
}

/** What each task has for `map`. */
export interface Indexed {
  /** @internal The index of the item for which the task was made; 0 for other tasks. A map from tasks to indices would cost more. */
  _index: number;
}

/** Decides what the end of a child means. Owners of tasks differ only in this. */
export interface TaskPolicy {
  /** Called when a child was made with options, before its function is called. Must not throw. */
  taskCreated?(task: Task<unknown>, options: TaskOptions): void;
  /** Returns the error that `createTask` throws after `refuse(advice)`. Default: a `ClosedError`. Must not throw. */
  refusal?(advice: string): Error | undefined;
  /**
   * Called when a child has ended and no longer counts. `task.status` is its outcome. The call is made in the microtask in which the child ended,
   * after its done-callbacks. Must not throw.
   */
  taskEnded(task: Task<unknown>, owner: TaskOwner): void;
  /**
   * Called when the scope closes, if there are observers (N2). Returns the error with which the owner fails; `undefined` if it does not fail. Must
   * not throw.
   *
   * @param leftOpen - The error that `close` is about to return.
   */
  failure?(owner: TaskOwner, leftOpen: unknown): Failed | undefined;
  /** Called when no child is left, after `taskEnded` was called for the last one. More children may follow. Must not throw. */
  emptied?(owner: TaskOwner): void;
}

/** A function, and the options of its task. */
export interface TaskCall {
  readonly fn: TaskFunction<unknown>;
  readonly options?: TaskOptions | undefined;
}
