import type { CancelScope, ExceptionGroup, Task } from "@selvage/scope";
import { cancelAnyway, cancelBecause, reasonOf } from "@selvage/scope/internal";
import { type TaskPolicy, type TaskOwner } from "@selvage/scope/lowlevel";
import { FailureList } from "./failure-list.js";

/** The policy of a group: the first failure cancels the rest, and all are thrown (T2, T3). */
export class FailFast extends FailureList implements TaskPolicy {
  /** Whether the group's cancellation, or an outer owner's, interrupted a child. */
  childCut = false;
  #group: ExceptionGroup | undefined = undefined;
  #told = false;

  taskEnded(task: Task<unknown>, { scope }: TaskOwner): void {
    const { status } = task;
    if (status === "cancelled") {
      this.childCut ||= task.scope.reason === reasonOf(scope);
      this.addUnwound(task, scope);
    } else if (status === "rejected") {
      this.fail(task.exception(), task, scope);
    }
  }

  /** Adds the failure of a task, and cancels the rest (T2). */
  fail(error: unknown, { name }: Task<unknown>, scope: CancelScope): void {
    if (this.add(error, name)) cancelBecause(scope, error, name);
  }

  /** Adds the failure of the body, and cancels the rest. The body may have awaited the child that failed: a primitive counts as that. */
  failBody(error: unknown, scope: CancelScope): void {
    if (!this.includes(error) && this.add(error, undefined)) cancelBecause(scope, error, undefined);
  }

  /** Cancels what a group was left with, which does nothing once it has finished. What a clock throws is a failure (C1). */
  cancelLeft(scope: CancelScope): void {
    const reason = "the group was left without join()";
    try {
      scope.cancel(reason);
    } catch (error) {
      this.add(error, undefined);
      cancelAnyway(scope, reason);
    }
  }

  /** Whether `run` or a `join` has thrown the failures. */
  get told(): boolean {
    return this.#told;
  }

  /** Closes the owner's scope, all children having ended. `isCut`: the body was cancelled or has failed. */
  close(owner: TaskOwner, isCut: boolean = false): void {
    const leftOpen = owner.end(isCut);
    if (leftOpen !== undefined) this.add(leftOpen, undefined);
  }

  /** T5: throws a cancellation that is not the group's own, for its owner to have, if it interrupted a child. */
  throwOuter({ scope }: TaskOwner): void {
    if (this.childCut && scope.reason?.scope !== scope) throw scope.reason as Error;
  }

  /** Throws the failures, if there are any: the same group each time, unless others have come since. */
  throwAll(owner: TaskOwner): void {
    if (this.length === 0) return;
    if (this.#group?.errors.length !== this.length) {
      this.#group = this.toGroup(owner);
      this.ignore(this.#group); // the body may pass on what join threw
    }
    this.#told = true;
    throw this.#group;
  }
}

/** The policy where results are wanted: a child that was cancelled while the group was not has no result, which is a failure (T11). */
export class AllResults extends FailFast {
  override taskEnded(task: Task<unknown>, owner: TaskOwner): void {
    const { reason } = task.scope;
    if (task.status === "cancelled" && reason !== reasonOf(owner.scope)) this.fail(reason, task, owner.scope);
    else super.taskEnded(task, owner);
  }
}
