import { CancelScope } from "../cancel-scope.js";
import { look } from "../time/look.js";
import { type Deferred, deferred } from "../support/deferred.js";
import { describeValue } from "../support/arguments.js";
import { InvalidStateError } from "../error/errors.js";
import type { TaskOwner } from "./task-owner.js";
import { Wait } from "../wait/wait.js";
import { addWaiter, removeWaiter } from "../tree/waiter.js";

/** The pending calls of an owner's `idle`, in order of arrival. */
export type Idlers = Set<Idler>;

/**
 * Checks the argument of `idle`.
 *
 * @throws {TypeError} If `scope` is not a scope. @throws {InvalidStateError} If it belongs to a child of the owner.
 */
export function checkIdle(scope: unknown, owner: TaskOwner): void {
  if (!(scope instanceof CancelScope)) {
    throw new TypeError(`idle() needs the CancelScope of the code that waits, got ${describeValue(scope)}.`);
  }
  if (owner.taskOf(scope) !== undefined) {
    throw new InvalidStateError(`A task cannot wait until its own ${owner.kind} is idle: it would wait for itself.`);
  }
}

/** Waits in a live scope until {@link endIdle} is called, or the scope is cancelled or closed (T8). */
export function idleIn(scope: CancelScope, idlers: Idlers): Promise<void> {
  const idler = new Idler(scope, idlers);
  idlers.add(idler);
  addWaiter(idler);
  return idler.promise;
}

/** Ends the waits, because the owner has no tasks. */
export function endIdle(idlers: Idlers): void {
  for (const idler of [...idlers]) {
    const { scope } = idler;
    if (scope === undefined) continue; // a listener of an earlier wait's scope has ended this one's scope
    idlers.delete(idler);
    try {
      look(scope); // the end of a wait checks the waiter's scope first (C1)
    } catch (error) {
      removeWaiter(idler);
      idler.reject(error);
    }
    if (idler.scope === undefined) continue;
    removeWaiter(idler);
    idler.resolve();
  }
}

/** One pending `idle` call. */
class Idler extends Wait<void> {
  readonly resolve: () => void;
  /** The list that contains it. */
  readonly #idlers: Idlers;

  constructor(scope: CancelScope, idlers: Idlers) {
    const result: Deferred<void> = deferred();
    super(scope, result);
    this.resolve = result.resolve;
    this.#idlers = idlers;
  }

  override leave(): void {
    this.#idlers.delete(this);
  }
}
