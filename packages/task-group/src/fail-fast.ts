import type { CancelScope, ExceptionGroup, Task } from "@selvage/scope";
import { cancelAnyway, cancelBecause, isCutOf, reasonOf } from "@selvage/scope/internal";
import type { BodyPolicy, TaskOwner, TaskPolicy } from "@selvage/scope/lowlevel";
import { FailureList } from "./failure-list.js";

/** The policy of a group: the first failure cancels the rest, and all are thrown (T2, T3). */
export class FailFast extends FailureList implements TaskPolicy, BodyPolicy {
  #group: ExceptionGroup | undefined = undefined;
  #told = false;

  taskEnded(task: Task<unknown>, { scope }: TaskOwner): void {
    if (task.status === "cancelled") this.addUnwound(task, scope);
    else if (task.status === "rejected") this.fail(task.exception(), task, scope);
  }

  /** Adds the failure of a task, and cancels the rest (T2). */
  fail(error: unknown, { name }: Task<unknown>, scope: CancelScope): void {
    if (this.add(error, name)) cancelBecause(scope, error, name);
  }

  /** The failure of the body cancels the rest, unless it is that of a child, which the body may have awaited: then it is listed once. */
  bodyThrew(error: unknown, { scope }: TaskOwner): boolean {
    if (isCutOf(scope, error)) return true;
    if (!this.includes(error) && this.add(error, undefined)) cancelBecause(scope, error, undefined);
    return false;
  }

  /** Decides the outcome of a run (T1–T5): the failures first, then the cancellation of the body, then an outer one of a child. */
  settle(owner: TaskOwner, leftOpen: unknown, isCut: boolean): void {
    this.throwAll(owner, leftOpen);
    if (isCut) throw owner.scope.reason as Error;
    this.throwOuter(owner);
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

  /** Throws the cancellation of an outer owner if it interrupted a child, for that owner to absorb (T5). */
  throwOuter({ scope, wasCut }: TaskOwner): void {
    if (wasCut && scope.reason?.scope !== scope) throw scope.reason as Error;
  }

  /** Throws the failures, if there are any: the same group each time, unless others were added. */
  throwAll(owner: TaskOwner, leftOpen?: unknown): void {
    const failed = this.failure(owner, leftOpen);
    if (failed === undefined) return;
    this.#told = true;
    throw failed.error;
  }

  failure(owner: TaskOwner, leftOpen: unknown): { readonly error: ExceptionGroup } | undefined {
    this.addLeftOpen(leftOpen);
    if (this.length === 0) return undefined;
    if (this.#group?.errors.length !== this.length) {
      this.#group = this.toGroup(owner);
      this.ignore(this.#group); // the body may pass on what join threw
    }
    return { error: this.#group };
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
