import type { CancelScope } from "../cancel-scope.js";
import type { ExceptionGroup } from "../error/exception-group.js";
import type { Task } from "./task.js";
import { type OwnedFailure, ownerError } from "../error/owner-error.js";
import { unwoundOf } from "../error/raised.js";
import type { TaskOwner } from "./task-owner.js";

/** How many errors that were accepted as cancellations by shape a live owner keeps. The bound keeps the memory of a long-lived owner flat (T9). */
const MAX_UNWOUND = 100;

/** The failures of an owner of tasks, in order of arrival, each with the name of its task (E8). */
export class FailureList {
  /** The failures; `undefined` until there is one. */
  #failures: OwnedFailure[] | undefined = undefined;
  /** The errors that are objects, so that each is listed once; `undefined` until there is one. Two equal primitives are two failures. */
  #seen: Set<unknown> | undefined = undefined;
  /** Errors accepted as cancellations only because of their shape (S15); `undefined` until there is one. */
  #unwound: unknown[] | undefined = undefined;

  /** What fails if it is not a task, for the message. */
  get body(): string {
    return "the body";
  }

  get length(): number {
    return this.#failures?.length ?? 0;
  }

  /** Adds a failure of a task, or of the body, whose `task` is `undefined`. Returns whether it was added: the same object is listed once (T3). */
  add(error: unknown, task: string | undefined): boolean {
    if (Object(error) === error && !this.ignore(error)) return false;
    (this.#failures ??= []).push({ error, task });
    return true;
  }

  /** Adds the error of scopes that were left open, if there is one. Adding it again has no effect, because `failure` may be called several times. */
  addLeftOpen(leftOpen: unknown): void {
    if (leftOpen !== undefined && !this.includes(leftOpen)) this.add(leftOpen, undefined);
  }

  /** Makes `add` ignore an object from now on. Returns whether it was not ignored before. */
  ignore(error: unknown): boolean {
    const seen = (this.#seen ??= new Set());
    if (seen.has(error)) return false;
    seen.add(error);
    return true;
  }

  /** Whether an error was added. */
  includes(error: unknown): boolean {
    return this.#failures?.some((failure) => Object.is(failure.error, error)) ?? false;
  }

  /** Records the error with which the function of a cancelled task ended, for the `unwound` of a group. */
  addUnwound(task: Task<unknown>, { reason }: CancelScope): void {
    const error = unwoundOf(task);
    if (error === undefined) return;
    const unwound = (this.#unwound ??= []);
    // A cancelled owner starts no further tasks, so the list cannot grow without end.
    if (reason !== undefined || unwound.length < MAX_UNWOUND) unwound.push(error);
  }

  /** The error of the only failure. */
  get only(): unknown {
    return this.#failures![0]!.error;
  }

  /** Makes the group of all failures so far. */
  toGroup({ kind, name }: TaskOwner): ExceptionGroup {
    return ownerError(kind, name, this.#failures ?? [], this.#unwound, this.body);
  }
}
