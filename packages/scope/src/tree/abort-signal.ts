import { hasBrand, read } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";
import { type CancelledError, isCancelledError } from "../error/cancelled-error.js";
import { keepHot } from "../support/keep-hot.js";
import { CLOSED } from "./scope-tree.js";
import { addFirstWaiter, Waiter } from "./waiter.js";

/*
 * The only file that knows AbortController and AbortSignal, in both directions: a scope's signal, and a signal as a parent.
 */

/** On a scope's signal: the scope. Registered, so that another copy of the package finds it too. */
const SIGNAL_OWNER: unique symbol = Symbol.for("@selvage/scope/signal-owner") as never;
type Owned = AbortSignal & { [SIGNAL_OWNER]?: unknown };

/** Makes a scope's signal, aborted where the scope is cancelled (S5). */
export function createSignal(scope: CancelScope): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  (signal as Owned)[SIGNAL_OWNER] = scope; // assigned: to define it would cost as much as all the rest
  if (scope._reason !== undefined) controller.abort(scope._reason);
  else if ((scope._flags & CLOSED) === 0) addFirstWaiter(new SignalWaiter(scope, controller));
  return signal;
}

/** Aborts the signal when the scope is cancelled, before its listeners run (S2). */
class SignalWaiter extends Waiter {
  readonly #controller: AbortController;

  constructor(scope: CancelScope, controller: AbortController) {
    super(scope);
    this.#controller = controller;
  }

  override cancelled(reason: CancelledError): void {
    this.#controller.abort(reason);
  }
}

export function isAbortSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<AbortSignal>).aborted === "boolean" &&
    typeof (value as Partial<AbortSignal>).addEventListener === "function"
  );
}

/** The scope that a signal belongs to, of this copy of the package or another. */
export function ownerOf(signal: AbortSignal): unknown {
  return (signal as Owned)[SIGNAL_OWNER];
}

/**
 * The signal's reason if it is a `CancelledError`. The signal is then a scope's, or derives from one (`AbortSignal.any`, a
 * `Request`'s). The error is adopted as it is, so that its owner recognises it; any other reason is wrapped (S8).
 */
export function adoptable(signal: AbortSignal): CancelledError | undefined {
  const reason: unknown = signal.reason;
  return isCancelledError(reason) && hasBrand(read(reason, "scope"), "@selvage/scope/CancelScope") ? reason : undefined;
}

keepHot(() => new SignalWaiter(undefined!, undefined!));
