import type { CancelScope } from "@selvage/scope";
import { isSignalScope, reportUncaught } from "@selvage/scope/internal";
import { parentOf } from "@selvage/scope/lowlevel";

/** Decides for each tree whether it is recorded. The spans and the metrics share one, so that the user's function is called once per root. */
export class Filter {
  readonly #isIncluded: ((root: CancelScope) => boolean) | undefined;
  readonly #decisions = new WeakMap<CancelScope, boolean>();

  constructor(isIncluded: ((root: CancelScope) => boolean) | undefined) {
    this.#isIncluded = isIncluded;
  }

  /** Whether the tree of a root is recorded. */
  includes(root: CancelScope): boolean {
    if (this.#isIncluded === undefined) return true;
    const known = this.#decisions.get(root);
    if (known !== undefined) return known;
    this.#decisions.set(root, false); // while it decides: the filter may open scopes below this root
    let decision = true;
    try {
      decision = this.#isIncluded.call(undefined, root);
    } catch (error) {
      reportUncaught(error);
    }
    this.#decisions.set(root, decision);
    return decision;
  }
}

/** Returns the scope above; `undefined` for a root. A scope that stands for a signal is not a scope of the program, so what is below it are roots. */
export function scopeAbove(scope: CancelScope): CancelScope | undefined {
  const parent = parentOf(scope);
  return parent === undefined || isSignalScope(parent) ? undefined : parent;
}
