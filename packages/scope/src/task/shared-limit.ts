import { describeValue } from "../support/arguments.js";
import { InvalidStateError } from "../error/errors.js";
import { read } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";

/** The key of a shared limit's {@link LimitProtocol}. It is registered, so that other copies of the package find it (D2). */
export const SHARED_LIMIT: unique symbol = Symbol.for("@selvage/scope/SharedLimit") as never;

/**
 * A limit that several owners of tasks share: a `Semaphore` of `@selvage/semaphore`. Each running task holds a permit. It has a {@link LimitProtocol}
 * under the key {@link SHARED_LIMIT}, which owners of tasks call. The core knows this property, and no class.
 */
export interface SharedLimit {
  /** @hidden */
  readonly [SHARED_LIMIT]: LimitProtocol;
}

/**
 * How owners of tasks take and return the permits of a {@link SharedLimit}.
 *
 * 1. `tryTake` does not take a permit while there are waiters.
 * 2. A permit goes to the first waiter that can still take it, in the step in which it becomes free.
 * 3. A waiter that was granted a permit, was refused or was withdrawn is not granted another one.
 */
export interface LimitProtocol {
  /** What a task waits for in the queue, as `describeTree` prints it: 'semaphore "db"'. */
  readonly waiting?: string | undefined;
  /** What a task that runs holds, as `describeTree` prints it: '1 permit of semaphore "db"'. */
  readonly holding?: string | undefined;
  /** Takes a permit for the task with this scope, if one is free and there are no waiters. Returns whether it did. */
  tryTake(scope: CancelScope): boolean;
  /**
   * Adds a waiter at the end of the queue. If a permit is free and nothing waits before it, it is granted before the call returns: a permit may have
   * been released since `tryTake` returned false.
   */
  wait(waiter: LimitWaiter): void;
  /** Removes a waiter, in constant time, if it is in the queue. Waiters behind it may then get a permit. */
  withdraw(waiter: LimitWaiter): void;
  /** Returns the permit of the task with this scope. */
  release(scope: CancelScope): void;
}

/** A task that waits for a permit of a {@link SharedLimit}. */
export interface LimitWaiter {
  /** The scope of the task. If it is cancelled, or its deadline has passed, the waiter is skipped. `undefined` once it no longer waits. */
  readonly scope: CancelScope | undefined;
  /** Called when the waiter gets a permit. It starts the task, which returns the permit when it ends. */
  grant(): void;
  /** Called when the waiter can never get a permit. The task fails with this error. */
  refuse(error: Error): void;
}

/**
 * Checks a limit, and returns it.
 *
 * @throws {TypeError | RangeError} If it is neither a positive integer, nor `Infinity`, nor a shared limit.
 */
export function checkLimit(limit: unknown): number | SharedLimit {
  if (limit === Infinity) return Infinity;
  if (typeof limit === "object" && limit !== null && typeof read(limit, SHARED_LIMIT) === "object") {
    return limit as SharedLimit;
  }
  if (typeof limit !== "number") {
    throw new TypeError(`A limit must be a positive integer or Infinity, got ${describeValue(limit)}.`);
  }
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new RangeError(`A limit must be a positive integer or Infinity, got ${limit}.`);
}

/** Throws if a shared limit is set or replaced while an owner has tasks (`size`), because they hold its permits. */
export function checkReplacement(current: number | SharedLimit, next: number | SharedLimit, size: number): void {
  if (next === current || size === 0 || (typeof current === "number" && typeof next === "number")) return;
  throw new InvalidStateError("A shared limit cannot be set or replaced while there are tasks: they hold its permits.");
}
