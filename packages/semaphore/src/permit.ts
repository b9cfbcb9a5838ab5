/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope } from "@selvage/scope";
import { addMethod, dispose, giveBack, hold, scopeOf, type WaitScope } from "@selvage/scope/internal";
import type { Semaphore } from "./semaphore.js";

/** Permits of a semaphore that were taken with `acquire` or `tryAcquire`. */
export class Permit implements Disposable {
  /** The semaphore; `undefined` once the permits were given back. */
  #semaphore: Semaphore | undefined;
  readonly #n: number;
  /** The scope in which it is shown. */
  readonly #scope: CancelScope | undefined;

  /** @internal */
  constructor(semaphore: Semaphore, n: number, scope?: WaitScope) {
    this.#semaphore = semaphore;
    this.#n = n;
    this.#scope = scope && scopeOf(scope);
    if (this.#scope !== undefined) hold(this.#scope, this);
  }

  /** @internal What the caller's scope shows until the permits are given back. */
  get holding(): string {
    return this.#semaphore!._holding(this.#n);
  }

  /** Gives the permits back. Waiters get them in the same step. The call is idempotent. */
  release(): void {
    const semaphore = this.#semaphore;
    if (semaphore === undefined) return;
    this.#semaphore = undefined;
    if (this.#scope !== undefined) giveBack(this.#scope, this);
    semaphore._give(this.#n);
  }

  /** Calls {@link Permit.release}, for `using`. */
  declare readonly [Symbol.dispose]: () => void;
}

addMethod<Permit>(Permit, dispose, function () {
  this.release();
});
