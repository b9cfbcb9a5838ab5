import { type CancelScope, ExceptionGroup, type Task } from "@selvage/scope";
import type { TaskPolicy, TaskSet } from "@selvage/scope/lowlevel";

/** What has failed in a group, in order of arrival, and whether anybody was told (T3): the policy of its set. */
export class Failures implements TaskPolicy {
  /** Whether the group's cancellation, or an outer owner's, has cut a child short. */
  childCut = false;
  readonly #errors: unknown[] = [];
  /** Objects only: two equal primitives are two errors. Most groups need none. */
  #seen: Set<unknown> | undefined = undefined;
  #group: ExceptionGroup | undefined = undefined;
  #told = false;

  taskEnded(task: Task<unknown>, { scope }: TaskSet): void {
    const { status } = task;
    if (status === "cancelled") this.childCut ||= task.scope.reason === scope.reason;
    else if (status === "rejected") this.fail(task.exception(), scope);
  }

  /** Adds an error, and cancels the rest (T2). */
  fail(error: unknown, scope: CancelScope): void {
    if (this.add(error)) scope.cancel(error);
  }

  /** Whether `run` or a `join` has thrown them. */
  get told(): boolean {
    return this.#told;
  }

  /** Adds an error of a child, unless that object is there already; returns whether it was new. */
  add(error: unknown): boolean {
    if (Object(error) === error) {
      const seen = (this.#seen ??= new Set());
      if (seen.has(error)) return false;
      seen.add(error);
    }
    this.#errors.push(error);
    return true;
  }

  /** Adds the error of the body, which may be a child's that it awaited: of a primitive, too, that is taken for granted. */
  addOfBody(error: unknown): boolean {
    return !this.#errors.includes(error) && this.add(error);
  }

  /** Closes the set's scope, all children having ended. `isCut`: the body was cancelled or has failed. */
  close(set: TaskSet, isCut: boolean = false): void {
    const leftOpen = set.end(isCut);
    if (leftOpen !== undefined) this.add(leftOpen);
  }

  /** T5: throws a cancellation that is not the group's own, for its owner to have, if it cut a child short. */
  throwOuter({ scope }: TaskSet): void {
    if (this.childCut && scope.reason?.scope !== scope) throw scope.reason as Error;
  }

  /** Throws them, if there are any: the same group each time, unless others have come since. */
  throwAll(): void {
    if (this.#errors.length === 0) return;
    if (this.#group?.errors.length !== this.#errors.length) {
      this.#group = new ExceptionGroup("unhandled errors in a TaskGroup", this.#errors);
      (this.#seen ??= new Set()).add(this.#group); // the body may pass on what join threw
    }
    this.#told = true;
    throw this.#group;
  }
}

/** The policy where results are asked for: a child that was cancelled while the group was not has none, which is a failure (T11). */
export class AllResults extends Failures {
  override taskEnded(task: Task<unknown>, set: TaskSet): void {
    const { reason } = task.scope;
    if (task.status === "cancelled" && reason !== set.scope.reason) this.fail(reason, set.scope);
    else super.taskEnded(task, set);
  }
}
