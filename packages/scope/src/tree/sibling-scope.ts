import { CancelScope, type ScopeLabel } from "../cancel-scope.js";

/** Returns the parent of a scope; `undefined` for a root. A shielded owner uses it to watch its parent for a cancellation. */
export function parentOf(scope: CancelScope): CancelScope | undefined {
  return scope._parent;
}

/** Returns the open scopes directly below a scope, in order of creation. The array is a copy, which does not change with the tree. */
export function childrenOf(scope: CancelScope): CancelScope[] {
  const children: CancelScope[] = [];
  for (let child = scope._firstChild; child !== undefined; child = child._next) children.push(child);
  return children;
}

/**
 * Makes a scope under the parent of a live scope. The cancellation of an outer owner reaches the new scope, and the cancellation of the live
 * scope does not. It is for work that a failed or cancelled owner must still finish.
 */
export function siblingScope(scope: CancelScope): CancelScope {
  return new CancelScope({ parent: scope._parent ?? null, clock: scope.clock });
}

/** The label of a scope; `undefined` if it has none, or only a name. */
export function labelOf(scope: CancelScope): ScopeLabel | undefined {
  const { _label: label } = scope;
  return typeof label === "object" ? label : undefined;
}
