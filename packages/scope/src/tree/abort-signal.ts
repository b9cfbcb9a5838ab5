import { hasBrand, read } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";
import { type CancelledError, isCancelledError } from "../error/cancelled-error.js";
import { keepHot } from "../support/keep-hot.js";
import { CLOSED } from "./scope-tree.js";
import { addFirstWaiter, Waiter } from "./waiter.js";

/*
 * The only file that makes an AbortController. It also recognises signals; a signal as a parent is in signal-scope.ts.
 */

/** A property of a scope's signal: the scope. The symbol is registered, so that another copy of the package finds it (D2). */
const SIGNAL_OWNER: unique symbol = Symbol.for("@selvage/scope/signal-owner") as never;
type Owned = AbortSignal & { [SIGNAL_OWNER]?: unknown };

/** Makes a scope's signal. It is already aborted if the scope is cancelled (S5). */
export function createSignal(scope: CancelScope): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  (signal as Owned)[SIGNAL_OWNER] = scope; // assigned: `defineProperty` would cost as much as the rest of this function
  if (scope._reason !== undefined) controller.abort(scope._reason);
  else if ((scope._flags & CLOSED) === 0) addFirstWaiter(new SignalWaiter(scope, controller));
  return signal;
}

/** Aborts the signal when the scope is cancelled, before its listeners run (S2). */
class SignalWaiter extends Waiter {
  /** The controller of the scope's signal. */
  readonly #controller: AbortController;

  constructor(scope: CancelScope, controller: AbortController) {
    super(scope);
    this.#controller = controller;
  }

  override cancelled(reason: CancelledError): void {
    this.#controller.abort(reason);
  }
}

/** Whether a value is an `AbortSignal` of any realm or implementation. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<AbortSignal>).aborted === "boolean" &&
    typeof (value as Partial<AbortSignal>).addEventListener === "function"
  );
}

/** The scope that a signal belongs to; `undefined` for any other signal. The scope may belong to another copy of the package. */
export function ownerOf(signal: AbortSignal): unknown {
  return (signal as Owned)[SIGNAL_OWNER];
}

/**
 * Returns the signal's reason if it is a `CancelledError`. The signal then belongs to a scope, or derives from such a signal (`AbortSignal.any`,
 * a `Request`'s). The error is adopted unchanged, so that its owner recognises it. Any other reason is wrapped (S8).
 */
export function adoptable(signal: AbortSignal): CancelledError | undefined {
  const reason: unknown = signal.reason;
  return isCancelledError(reason) && hasBrand(read(reason, "scope"), "@selvage/scope/CancelScope") ? reason : undefined;
}

keepHot(() => new SignalWaiter(undefined!, undefined!));
