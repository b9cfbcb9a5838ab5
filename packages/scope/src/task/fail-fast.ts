import type { CancelScope } from "../cancel-scope.js";
import type { ExceptionGroup } from "../error/exception-group.js";
import { isCutOf, reasonOf } from "../run/absorb.js";
import { cancelAnyway, cancelBecause } from "../tree/cancel-anyway.js";
import type { Task } from "./task.js";
import type { BodyPolicy } from "./run-owner.js";
import type { TaskOwner } from "./task-owner.js";
import type { TaskPolicy } from "./task-policy.js";
import { FailureList } from "./failure-list.js";

/** The policy of a group. The first failure cancels the rest, and all failures are thrown (T2, T3). */
export class FailFast extends FailureList implements TaskPolicy, BodyPolicy {
  /** The group that was made last; `undefined` until it is needed. It is made again when failures were added. */
  #group: ExceptionGroup | undefined = undefined;
  /** Whether `run` or a `join` has thrown the failures. */
  #hasThrown = false;

  taskEnded(task: Task<unknown>, { scope }: TaskOwner): void {
    if (task.status === "cancelled") this.addUnwound(task, scope);
    else if (task.status === "rejected") this.fail(task.exception(), task, scope);
  }

  /** Adds the failure of a task, and cancels the rest (T2). */
  fail(error: unknown, { name }: Task<unknown>, scope: CancelScope): void {
    if (this.add(error, name)) cancelBecause(scope, error, name);
  }

  /** A failure of the body cancels the rest. If it is the error of a child that the body awaited, it is listed once. */
  bodyThrew(error: unknown, { scope }: TaskOwner): boolean {
    if (isCutOf(scope, error)) return true;
    if (!this.includes(error) && this.add(error, undefined)) cancelBecause(scope, error, undefined);
    return false;
  }

  /** Decides the outcome of a run (T1–T5). Failures come first, then a cancellation of the body, and then an outer cancellation of a child. */
  settle(owner: TaskOwner, leftOpen: unknown, isCut: boolean): void {
    this.throwAll(owner, leftOpen);
    if (isCut) throw owner.scope.reason as Error;
    this.throwOuter(owner);
  }

  /** Cancels the children that are left when a group is disposed of. If the clock throws, that is a failure (C1). */
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
  get hasThrown(): boolean {
    return this.#hasThrown;
  }

  /** Throws the cancellation of an outer owner if it interrupted a child. That owner absorbs it (T5). */
  throwOuter({ scope, wasCut }: TaskOwner): void {
    if (wasCut && scope.reason?.scope !== scope) throw scope.reason as Error;
  }

  /** Throws the failures, if there are any. It throws the same group each time, unless further failures were added. */
  throwAll(owner: TaskOwner, leftOpen?: unknown): void {
    const failed = this.failure(owner, leftOpen);
    if (failed === undefined) return;
    this.#hasThrown = true;
    throw failed.error;
  }

  /** Returns the group of all failures so far; `undefined` if there are none. */
  failure(owner: TaskOwner, leftOpen: unknown): { readonly error: ExceptionGroup } | undefined {
    this.addLeftOpen(leftOpen);
    if (this.length === 0) return undefined;
    if (this.#group?.errors.length !== this.length) {
      this.#group = this.toGroup(owner);
      this.ignore(this.#group); // the body may rethrow what `join` threw
    }
    return { error: this.#group };
  }
}

/** The policy of calls that return the results of all children. A child that was cancelled while the group was not counts as a failure (T11). */
export class AllResults extends FailFast {
  override taskEnded(task: Task<unknown>, owner: TaskOwner): void {
    const { reason } = task.scope;
    if (task.status === "cancelled" && reason !== reasonOf(owner.scope)) this.fail(reason, task, owner.scope);
    else super.taskEnded(task, owner);
  }
}
