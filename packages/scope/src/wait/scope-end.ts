import { CancelScope } from "../cancel-scope.js";
import { ClosedError } from "../error/errors.js";
import { endScope } from "../run/close-scope.js";
import { CLOSED } from "../tree/scope-tree.js";
import { addWaiter, removeWaiter, Waiter } from "../tree/waiter.js";
import { refusalOf, scopeOf, type WaitScope } from "./turn.js";

/** Watches for the end of a scope or signal: its cancellation, or its close. It is not a wait, so the scope does not count as live because of it. */
export class ScopeEnd extends Waiter {
  readonly #ended: (reason: Error | undefined) => void;
  /** A scope of its own below a signal; `undefined` if the scope is the caller's. */
  readonly #own: CancelScope | undefined;

  /**
   * @param scope - A live scope or signal.
   * @param ended - Called at most once, from `begin` on, with the reason if the scope was cancelled. It must not throw.
   */
  constructor(scope: WaitScope, ended: (reason: Error | undefined) => void) {
    const known = scopeOf(scope);
    const own = known ?? new CancelScope({ parent: scope });
    super(own);
    this.#own = known === undefined ? own : undefined;
    this.#ended = ended;
  }

  /** Begins to watch. If foreign code has ended the scope since the caller checked it, `ended` is called at once. */
  begin(): void {
    const { _reason: reason, _flags: flags } = this.scope!;
    if (reason === undefined && (flags & CLOSED) === 0) {
      addWaiter(this);
      return;
    }
    this.scope = undefined;
    this.#ended(reason);
  }

  override cancelled(reason: Error): void {
    this.#ended(reason);
  }

  override closed(): void {
    this.#ended(undefined);
  }

  /** Stops watching. */
  stop(): void {
    removeWaiter(this);
    if (this.#own !== undefined) endScope(this.#own, true);
  }
}

/** Throws if a scope or signal is cancelled, or closed. */
export function throwIfOver(scope: WaitScope): void {
  if (refusalOf(scope) === undefined) return;
  const own = new CancelScope({ parent: scope }); // throws if it is closed
  const { reason } = own;
  own.close();
  throw reason ?? new ClosedError("The scope is closed.");
}
