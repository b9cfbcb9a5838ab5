import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { type Deferred, deferred, handled } from "../support/deferred.js";
import { ClosedError } from "../error/errors.js";
import { keepHot } from "../support/keep-hot.js";
import { Waiter } from "../tree/waiter.js";

/** A promise that rejects when its scope is cancelled or closed (S12). Subclasses decide when it resolves. */
export class Wait<T> extends Waiter {
  /** What the caller awaits. A rejection because of the scope is never unhandled. */
  declare readonly promise: Promise<T>;
  /** Rejects the promise. */
  declare readonly reject: (error: unknown) => void;

  constructor(scope: CancelScope, { promise, reject }: Deferred<T>) {
    super(scope);
    this.promise = promise;
    this.reject = reject;
  }

  override get isWait(): boolean {
    return true;
  }

  override cancelled(reason: CancelledError): void {
    endWait(this, reason);
  }

  override closed(): void {
    endWait(
      this,
      new ClosedError("The scope was closed while something waited in it: close it when its work has ended."),
    );
  }

  /** Called when the scope ends the wait. Subclasses clear their timer and remove themselves from their own lists. An error is that of a clock. */
  leave(): void {}
}

// A plain function: a `#private` method costs every instance one word.
function endWait<T>(wait: Wait<T>, error: unknown): void {
  try {
    wait.leave();
  } catch (failure) {
    error = failure; // a clock that throws fails only this wait (C1)
  }
  void handled(wait.promise);
  wait.reject(error);
}

keepHot(() => new Wait(undefined!, deferred()));
