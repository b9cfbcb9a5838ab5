/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { CLOSED } from "./scope-tree.js";
import { dispose } from "../support/symbols.js";
import { addWaiter, removeWaiter, Waiter } from "./waiter.js";
import { keepHot } from "../support/keep-hot.js";

/** Registers a listener on a scope, or calls it at once if the scope is cancelled (S6). */
export function addListener(scope: CancelScope, listener: (reason: CancelledError) => void): Disposable {
  const registration = new Listener(scope, listener);
  if (scope._reason !== undefined) {
    registration.scope = undefined;
    call(listener, scope._reason);
  } else if ((scope._flags & CLOSED) === 0) {
    addWaiter(registration);
  }
  return registration;
}

/** A listener that `onCancel` registered, and its handle. */
class Listener extends Waiter implements Disposable {
  /** The function to call; `undefined` once it was called or disposed of, or its scope was closed. So it is called at most once. */
  #listener: ((reason: CancelledError) => void) | undefined;

  constructor(scope: CancelScope, listener: (reason: CancelledError) => void) {
    super(scope);
    this.#listener = listener;
  }

  override cancelled(reason: CancelledError): void {
    const listener = this.#listener;
    this.#listener = undefined;
    // An earlier listener may have closed the scope. Then this listener does not run (S3).
    if (listener !== undefined && (this.scope!._flags & CLOSED) === 0) call(listener, reason);
  }

  override closed(): void {
    this.#listener = undefined;
  }

  [dispose](): void {
    this.#listener = undefined;
    removeWaiter(this);
  }
}

function call(listener: (reason: CancelledError) => void, reason: CancelledError): void {
  try {
    listener(reason);
  } catch (error) {
    reportUncaught(error);
  }
}

keepHot(() => new Listener(undefined!, () => {}));
