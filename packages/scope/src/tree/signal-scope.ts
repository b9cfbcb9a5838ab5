import { adoptable } from "./abort-signal.js";
import type { CancelScope, ScopeLabel } from "../cancel-scope.js";
import { CancelledError } from "../error/cancelled-error.js";
import { observer } from "./observer.js";
import { CANCEL_CALLED, cancelTree, CLOSED, SIGNAL } from "./scope-tree.js";

/*
 * A signal as a parent (S8). A hidden scope stands for the signal and is cancelled when the signal aborts. All scopes with the same signal as
 * parent share it, because platforms warn about a signal with many listeners. It closes with the last scope below it.
 */
/** The open scope that stands for each signal. */
const scopes = new WeakMap<AbortSignal, CancelScope>();

/** Returns the scope that stands for a signal. It is made when it is first needed. */
export function signalScopeOf(signal: AbortSignal, make: () => CancelScope): CancelScope {
  let scope = scopes.get(signal);
  if (scope === undefined) {
    scope = make();
    const label = new SignalScope(signal, scope);
    if (signal.aborted)
      scope._reason = label.abort(); // set directly, because it has no children yet and observers do not know it
    else signal.addEventListener("abort", label); // not `once`: other code may dispatch the event without an abort
    scopes.set(signal, scope); // last: if `addEventListener` throws, the scope must not be found
  }
  return scope;
}

/** Closes a scope that stands for a signal, once no scope is left below it. Does nothing to any other scope. */
export function closeSignalScope(parent: CancelScope): void {
  if ((parent._flags & SIGNAL) === 0 || parent._firstChild !== undefined) return;
  parent._flags |= CLOSED;
  (parent._label as SignalScope).release(); // first, because an observer may make a scope with this signal as its parent
  observer?.closed?.(parent, undefined);
}

/** Whether a scope stands for a signal. It is not a scope of the program. */
export function isSignalScope(scope: CancelScope): boolean {
  return (scope._flags & SIGNAL) !== 0;
}

/** The label of a signal's scope, and the listener on the signal. */
class SignalScope implements ScopeLabel, EventListenerObject {
  readonly kind: string = "scope";
  readonly name: string = "an AbortSignal";
  readonly #signal: AbortSignal;
  readonly #scope: CancelScope;

  constructor(signal: AbortSignal, scope: CancelScope) {
    this.#signal = signal;
    this.#scope = scope;
    scope._label = this;
    scope._flags = SIGNAL;
  }

  handleEvent(): void {
    if (!this.#signal.aborted) return; // other code can dispatch the event
    this.#signal.removeEventListener("abort", this);
    cancelTree(this.#scope, this.abort());
  }

  /** Returns the reason of the scope when its signal has aborted. */
  abort(): CancelledError {
    this.#scope._flags |= CANCEL_CALLED;
    return adoptable(this.#signal) ?? CancelledError._ofSignal(this.#scope, this.#signal.reason);
  }

  /** Removes the listener and forgets the scope: a later child of the signal gets a new one. */
  release(): void {
    scopes.delete(this.#signal);
    this.#signal.removeEventListener("abort", this);
  }
}
