import { describeValue } from "../support/arguments.js";
import { InvalidStateError } from "../error/errors.js";
import { hasBrand } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";

/** The brand of a limit that several owners of tasks share. It is on the prototype, under `Symbol.for`. */
export const SHARED_LIMIT = "@selvage/scope/SharedLimit";

/**
 * A limit that several owners of tasks share, for example a semaphore. Each running task holds a permit. It is recognised by its brand
 * ({@link SHARED_LIMIT}), so the core does not depend on a class.
 *
 * 1. `tryTake` does not take a permit while there are waiters.
 * 2. A permit goes to the first waiter that can still take it, in the step in which it becomes free.
 * 3. A waiter that was granted a permit, or was withdrawn, is not granted another one.
 */
export interface SharedLimit {
  /** Takes a permit if one is free and there are no waiters. Returns whether it did. */
  tryTake(): boolean;
  /** Adds a waiter at the end of the queue. */
  wait(waiter: LimitWaiter): void;
  /** Removes a waiter, in constant time. Waiters behind it may then get a permit. */
  withdraw(waiter: LimitWaiter): void;
  /** Returns a permit. */
  release(): void;
}

/** A task that waits for a permit of a {@link SharedLimit}. */
export interface LimitWaiter {
  /** The scope of the task. If it is cancelled, or its deadline has passed, the waiter is skipped. */
  readonly scope: CancelScope | undefined;
  /** Called when the waiter gets a permit. It starts the task, which returns the permit when it ends. */
  grant(): void;
}

/**
 * Checks a limit, and returns it.
 *
 * @throws {TypeError | RangeError} If it is neither a positive integer, nor `Infinity`, nor a shared limit.
 */
export function checkLimit(limit: unknown): number | SharedLimit {
  if (limit === Infinity) return Infinity;
  if (hasBrand(limit, SHARED_LIMIT)) return limit as SharedLimit;
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
