import { CancelScope, type CancelScopeOptions } from "./cancel-scope.js";
import { birthAt } from "./clock.js";
import { configure, UNLINKED } from "./scope-options.js";

/** Makes a scope that knows exactly when: {@link startOf} is what its clock said, and need not be read again. */
export function timedScope(options: CancelScopeOptions): CancelScope {
  const scope = new CancelScope(UNLINKED);
  configure(scope, options, CancelScope, birthAt);
  return scope;
}

/** When a timed scope was made, on its clock. */
export function startOf(scope: CancelScope): number {
  return scope._birth.time;
}
