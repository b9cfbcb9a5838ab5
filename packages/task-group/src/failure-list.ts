import type { CancelScope, ExceptionGroup, Task } from "@selvage/scope";
import { type OwnedFailure, ownerError, unwoundOf } from "@selvage/scope/internal";
import { type TaskOwner } from "@selvage/scope/lowlevel";

/** Errors that were accepted as cancellations by shape while their owner was not cancelled: a long-lived owner keeps no more (T9). */
const MAX_UNWOUND = 100;

/** The failures of an owner of tasks, in order of arrival, each with the name of its task (E8). */
export class FailureList {
  /** `undefined` until something has failed. */ #failures: OwnedFailure[] | undefined = undefined;
  /** The failures that are objects; `undefined` until there is one. Two equal primitives are two failures. */
  #seen: Set<unknown> | undefined = undefined;
  /** Errors accepted as cancellations by their shape alone (S15); `undefined` until there is one. */
  #unwound: unknown[] | undefined = undefined;

  get length(): number {
    return this.#failures?.length ?? 0;
  }

  /** Adds a failure of a task, or of the body, which has no name. Returns whether it was new: the same object is listed once (T3). */
  add(error: unknown, task: string | undefined): boolean {
    if (Object(error) === error && !this.ignore(error)) return false;
    (this.#failures ??= []).push({ error, task });
    return true;
  }

  /** Adds what was left open as the owner closed, if anything was: the owner's policy may be asked for the failure more than once. */
  addLeftOpen(leftOpen: unknown): void {
    if (leftOpen !== undefined && !this.includes(leftOpen)) this.add(leftOpen, undefined);
  }

  /** An object that is thrown again is not a failure. Returns whether it was new. */
  ignore(error: unknown): boolean {
    const seen = (this.#seen ??= new Set());
    if (seen.has(error)) return false;
    seen.add(error);
    return true;
  }

  includes(error: unknown): boolean {
    return this.#failures?.some((failure) => Object.is(failure.error, error)) ?? false;
  }

  /** Notes the error with which a cancelled task really ended, for the group that may be thrown. */
  addUnwound(task: Task<unknown>, { reason }: CancelScope): void {
    const error = unwoundOf(task);
    if (error === undefined) return;
    const unwound = (this.#unwound ??= []);
    // A cancelled owner starts no more tasks, so that these cannot grow without end.
    if (reason !== undefined || unwound.length < MAX_UNWOUND) unwound.push(error);
  }

  /** The one failure of a list of one. */
  get only(): unknown {
    return this.#failures![0]!.error;
  }

  /** The group of all failures so far. */
  toGroup({ kind, name }: TaskOwner): ExceptionGroup {
    return ownerError(kind, name, this.#failures ?? [], this.#unwound);
  }
}
