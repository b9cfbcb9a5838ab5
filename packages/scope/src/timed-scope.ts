import { CancelScope, type CancelScopeOptions } from "./cancel-scope.js";
import { birthAt } from "./clock.js";
import { configure, UNLINKED } from "./scope-options.js";

/**
 * Makes a scope as `new CancelScope(options)` does, and throws what that throws; what its clock said then is {@link startOf}, and need not be
 * read again. For primitives that give work so much time.
 */
export function timedScope(options: CancelScopeOptions): CancelScope {
  const scope = new CancelScope(UNLINKED);
  configure(scope, options, CancelScope, birthAt);
  return scope;
}

/** When a timed scope was made, on its clock. */
export function startOf(scope: CancelScope): number {
  return scope._birth.time;
}
