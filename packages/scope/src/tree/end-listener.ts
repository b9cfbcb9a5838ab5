/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope } from "../cancel-scope.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { CLOSED } from "./scope-tree.js";
import { dispose } from "../support/symbols.js";
import { addWaiter, removeWaiter, Waiter } from "./waiter.js";

/**
 * Calls `listener` once when the scope is closed, whether or not it was cancelled. Use it for handles that end with their scope. If the scope is
 * already closed, the listener is called at once. An error that it throws is reported as uncaught.
 *
 * @returns A handle that unregisters the listener, in constant time.
 */
export function onEnd(scope: CancelScope, listener: () => void): Disposable {
  let waiter: EndWaiter | undefined;
  function add(): void {
    waiter = new EndWaiter(scope, listener, add);
    addWaiter(waiter);
  }
  if ((scope._flags & CLOSED) === 0) add();
  else call(listener);
  return {
    [dispose]() {
      if (waiter !== undefined) removeWaiter(waiter);
    },
  };
}

/** The only waiter that a cancelled scope may have: a cancellation takes all waiters, and this one adds itself again. */
class EndWaiter extends Waiter {
  readonly #listener: () => void;
  /** Adds a new waiter for the same listener to the scope. */
  readonly #addAgain: () => void;

  constructor(scope: CancelScope, listener: () => void, addAgain: () => void) {
    super(scope);
    this.#listener = listener;
    this.#addAgain = addAgain;
  }

  override cancelled(): void {
    if ((this.scope!._flags & CLOSED) === 0) this.#addAgain();
    else call(this.#listener); // an earlier listener of the same cancellation closed the scope
  }

  override closed(): void {
    call(this.#listener);
  }
}

function call(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    reportUncaught(error);
  }
}
