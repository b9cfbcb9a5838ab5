import type { CancelledError } from "../error/cancelled-error.js";
import type { CancelScope } from "../cancel-scope.js";
import { observer } from "./observer.js";

/**
 * An object that is notified when a scope is cancelled or closed. A scope's waiters form a doubly linked list, oldest first. The head's
 * `previous` is the tail.
 */
export abstract class Waiter {
  /** The scope that it waits on; `undefined` once it was notified or removed. It is notified at most once. */
  declare scope: CancelScope | undefined; // fields are declared, and set in the constructor: defining them first costs time in each subclass
  /** The next waiter in the list; `undefined` for the tail, and for a waiter that is not in a list. */
  declare next: Waiter | undefined;
  /** The waiter before it in the list, or for the head the tail; `undefined` if and only if the waiter is not in a list. */
  declare previous: Waiter | undefined;

  constructor(scope: CancelScope) {
    this.scope = scope;
    this.next = undefined;
    this.previous = undefined;
  }

  /** What it waits for, as `describeTree` prints it (C3): 'semaphore "db"'. A getter, because a field would cost every waiter a word. */
  get waiting(): string | undefined {
    return undefined;
  }

  /** Whether it is a pending wait, so that its scope counts as live (S16). A listener is not. */
  get isWait(): boolean {
    return false;
  }

  /** Called when the scope is cancelled. Must not throw. */
  abstract cancelled(reason: CancelledError): void;

  /** Called instead of `cancelled` when the scope is closed, because it can no longer be cancelled. Must not throw. */
  closed(): void {}
}

/** Adds a waiter to the end of its scope's list. The scope must be neither cancelled nor closed. */
export function addWaiter(waiter: Waiter): void {
  const scope = waiter.scope!;
  const head = scope._waiters;
  if (head === undefined) {
    scope._waiters = waiter;
    waiter.previous = waiter;
  } else {
    const tail = head.previous!;
    tail.next = waiter;
    waiter.previous = tail;
    head.previous = waiter;
  }
  observer?.waiting?.(scope, waiter, false);
}

/** Adds a waiter to the start of its scope's list, so that it is notified before all others. */
export function addFirstWaiter(waiter: Waiter): void {
  const scope = waiter.scope!;
  const head = scope._waiters;
  scope._waiters = waiter;
  waiter.next = head;
  waiter.previous = head?.previous ?? waiter;
  if (head !== undefined) head.previous = waiter;
}

/** Removes a waiter that was added. If a running cancellation has already taken it from the list, it is no longer notified. */
export function removeWaiter(waiter: Waiter): void {
  const scope = waiter.scope;
  if (scope === undefined) return;
  waiter.scope = undefined;
  const head = scope._waiters;
  const { next, previous } = waiter;
  if (head !== undefined && previous !== undefined) {
    if (waiter === head) scope._waiters = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    else if (waiter !== head) head.previous = previous;
    waiter.next = waiter.previous = undefined;
  }
  observer?.waiting?.(scope, waiter, true);
}

/** Empties the list of a closed scope, and calls `closed` on each waiter. */
export function closeWaiters(scope: CancelScope): void {
  let waiter = scope._waiters;
  scope._waiters = undefined;
  while (waiter !== undefined) {
    const { next } = waiter;
    waiter.scope = waiter.next = waiter.previous = undefined;
    observer?.waiting?.(scope, waiter, true);
    waiter.closed();
    waiter = next;
  }
}
