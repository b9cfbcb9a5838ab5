import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { type Deferred, deferred, handled } from "../support/deferred.js";
import { ClosedError } from "../error/errors.js";
import { keepHot } from "../support/keep-hot.js";
import { Waiter } from "../tree/waiter.js";

/** A promise that is rejected when its scope is cancelled or closed (S12), and else never: who waits for more resolves it. */
export class Wait<T> extends Waiter {
  readonly promise: Promise<T>;
  readonly reject: (error: unknown) => void;

  constructor(scope: CancelScope, { promise, reject }: Deferred<T>) {
    super(scope);
    this.promise = promise;
    this.reject = reject;
  }

  override get isWait(): boolean {
    return true;
  }

  override cancelled(reason: CancelledError): void {
    cutShort(this, reason);
  }

  override closed(): void {
    cutShort(
      this,
      new ClosedError("The scope was closed while something waited in it: close it when its work has ended."),
    );
  }

  /** It is cut short: whoever else knows of it is to forget it. */
  leave(): void {}
}

// No private method: for one every instance would have a word more.
function cutShort<T>(wait: Wait<T>, error: unknown): void {
  try {
    wait.leave();
  } catch (failure) {
    error = failure; // a clock that throws fails this wait, and nothing else (C1)
  }
  void handled(wait.promise);
  wait.reject(error);
}

keepHot(() => new Wait(undefined!, deferred()));
