import type { Task } from "@selvage/scope";
import { checkParentOptions, checkTime, keepAlive, FailureList } from "@selvage/scope/internal";
import { type TaskPolicy, TaskOwner } from "@selvage/scope/lowlevel";
import type { TaskGroupOptions } from "../task-group.js";

/** The options of `gatherSettled`. */
export interface SettledOptions extends TaskGroupOptions {
  /**
   * How long the call may take, in milliseconds. Tasks that have not ended by then are cancelled and waited for, and count as rejected with their
   * `CancelledError`. Results of tasks that have ended are kept. Default: no limit.
   */
  readonly within?: number | undefined;
}

/** The policy of calls in which every outcome is a result. A failure does not cancel anything (V10). */
export class Settling extends FailureList implements TaskPolicy {
  /** Whether the call itself has failed. Then it does not return results. */
  #hasFailed = false;

  /** Adds a failure of the call itself. */
  fail(error: unknown): void {
    this.add(error, undefined);
    this.#hasFailed = true;
  }

  taskEnded(task: Task<unknown>, { scope }: TaskOwner): void {
    if (task.status === "rejected") this.add(task.exception(), task.name);
    else if (task.status === "cancelled") this.addUnwound(task, scope);
  }

  /**
   * Throws if the call itself has failed, or if an outer owner's cancellation interrupted something (T5). The owner's own cancellation is the end of
   * `within`. Then the results are kept.
   */
  throwIfFailed(owner: TaskOwner, isCut: boolean = owner.wasCut): void {
    if (this.#hasFailed) throw this.toGroup(owner);
    const { reason } = owner.scope;
    if (!isCut || reason === undefined || reason.scope === owner.scope) return;
    throw this.length > 0 ? this.toGroup(owner) : reason;
  }
}

/** Makes an owner whose deadline is the end of `within`. */
export function settlingOwner(kind: string, options: SettledOptions, policy: TaskPolicy): TaskOwner {
  checkParentOptions(options);
  const { within } = options;
  if (within !== undefined) checkTime(within, "within");
  const owner = new TaskOwner(kind, options, policy);
  if (within !== undefined && within !== Infinity) {
    keepAlive(owner.scope); // the caller waits for results
    owner.scope.deadline = owner.scope.clock.now() + within;
  }
  return owner;
}
