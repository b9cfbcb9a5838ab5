import type { CancelledError } from "../error/cancelled-error.js";
import type { CancelScope } from "../cancel-scope.js";
import { observer } from "./observer.js";

/** Something to be told when a scope is cancelled: a link in the scope's list, oldest first, whose head's `previous` is the tail. */
export abstract class Waiter {
  /** The scope waited on; `undefined` once the waiter has been told, or wants to hear no more. */
  scope: CancelScope | undefined;
  next: Waiter | undefined = undefined;
  /** `undefined` for a waiter that is in no list. */
  previous: Waiter | undefined = undefined;

  constructor(scope: CancelScope) {
    this.scope = scope;
  }

  /** What it waits for, for `describeTree`, where the primitive says so (C3): 'semaphore "db"'. Overridden on a prototype, it costs nothing. */
  get waiting(): string | undefined {
    return undefined;
  }

  /** Whether something waits for it to end, so that the scope counts as live (S16). A listener does not. */
  get isWait(): boolean {
    return false;
  }

  /** The scope was cancelled. Must not throw. */
  abstract cancelled(reason: CancelledError): void;

  /** The scope was closed without having been cancelled, so that it never will be. Must not throw. */
  closed(): void {}
}

/** Notifies the observers that a waiter no longer waits (N2). */
export function noteWaited(waiter: Waiter, scope: CancelScope): void {
  if (waiter.waiting !== undefined) observer?.waiting?.(scope, undefined);
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
  if (observer !== undefined && waiter.waiting !== undefined) observer.waiting?.(scope, waiter.waiting);
}

/** Adds a waiter that is told before all others. */
export function addFirstWaiter(waiter: Waiter): void {
  const scope = waiter.scope!;
  const head = scope._waiters;
  scope._waiters = waiter;
  waiter.next = head;
  waiter.previous = head?.previous ?? waiter;
  if (head !== undefined) head.previous = waiter;
}

/** Takes a waiter that was added from its scope's list. One that a cancellation has taken from it, to be told in its turn, is in no list. */
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
  if (observer !== undefined) noteWaited(waiter, scope);
}

/** Empties a closed scope's list and tells each that there is nothing left to wait for. */
export function closeWaiters(scope: CancelScope): void {
  let waiter = scope._waiters;
  scope._waiters = undefined;
  while (waiter !== undefined) {
    const { next } = waiter;
    waiter.scope = waiter.next = waiter.previous = undefined;
    if (observer !== undefined) noteWaited(waiter, scope);
    waiter.closed();
    waiter = next;
  }
}
