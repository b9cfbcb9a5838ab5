import { CancelScope } from "../cancel-scope.js";

/** The scope that a scope lies below: for an owner that is shielded, and says itself what an outer cancellation means. */
export function parentOf(scope: CancelScope): CancelScope | undefined {
  return scope._parent;
}

/**
 * Makes a scope under the parent of a live scope: an outer owner's cancellation reaches it, and the cancellation of the scope beside
 * it does not. For work that a failed or cancelled owner must still finish.
 */
export function siblingScope(scope: CancelScope): CancelScope {
  return new CancelScope({ parent: scope._parent ?? null, clock: scope.clock });
}
