import type { CancelScope } from "@selvage/scope";
import { childrenOf } from "@selvage/scope/internal";
import { factsOf, type Observer, parentOf } from "@selvage/scope/lowlevel";

/**
 * The roots of all trees that are opened from now on, in order of opening. A root is kept weakly, and only until it is closed, so that the memory is
 * bounded by what is live.
 *
 * A task that a shutdown abandons becomes a root when it is detached. So the tasks of a supervisor that shuts down are kept, too.
 */
export class LiveRoots implements Observer, Iterable<CancelScope> {
  readonly #references = new Set<WeakRef<CancelScope>>();
  readonly #byScope = new WeakMap<CancelScope, WeakRef<CancelScope>>();
  readonly #collected = new FinalizationRegistry<WeakRef<CancelScope>>((reference) => {
    this.#references.delete(reference);
  });

  /** How many scopes are kept. */
  get size(): number {
    return this.#references.size;
  }

  opened(scope: CancelScope): void {
    if (parentOf(scope) === undefined) this.#keep(scope);
  }

  shutdown(scope: CancelScope): void {
    for (const child of childrenOf(scope)) this.#keep(child);
  }

  closed(scope: CancelScope): void {
    const reference = this.#byScope.get(scope);
    if (reference === undefined) return;
    this.#byScope.delete(scope);
    this.#references.delete(reference);
    this.#collected.unregister(scope);
  }

  *[Symbol.iterator](): IterableIterator<CancelScope> {
    for (const reference of this.#references) {
      const scope = reference.deref();
      if (scope !== undefined && parentOf(scope) === undefined && isOpen(scope)) yield scope;
    }
  }

  #keep(scope: CancelScope): void {
    if (this.#byScope.has(scope)) return;
    const reference = new WeakRef(scope);
    this.#byScope.set(scope, reference);
    this.#references.add(reference);
    this.#collected.register(scope, reference, scope);
  }
}

function isOpen(scope: CancelScope): boolean {
  try {
    return factsOf(scope).status !== "closed";
  } catch {
    return true; // a clock throws
  }
}
