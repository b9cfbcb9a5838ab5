import type { CancelScope } from "../cancel-scope.js";
import { observer } from "./observer.js";
import { CLOSED, RUNNING } from "./scope-tree.js";

/** Returns the scope whose body is running. Set by `@selvage/scope/ambient`, and by nothing else (C4). */
let currentScope: (() => CancelScope | undefined) | undefined;

/** Makes the enclosing scope the default parent, for good. */
export function setEnclosing(current: () => CancelScope | undefined): void {
  currentScope = current;
}

/** The default parent. A closed scope encloses nothing, also in a late callback of its body. */
export function enclosingScope(): CancelScope | undefined {
  const scope = currentScope?.();
  return scope === undefined || (scope._flags & CLOSED) !== 0 ? undefined : scope;
}

/** Calls the body of a scope. Observers are notified, and may wrap the call (N2, N3). */
export function callIn<A, R>(scope: CancelScope, body: (argument: A) => R, argument: A): R {
  scope._flags |= RUNNING;
  if (observer === undefined) return body(argument);
  observer.started?.(scope);
  return enter(scope, body, argument);
}

/** Calls a function as code that the scope encloses. It is a part of the scope's body, so that observers are not notified of a start. */
export function enter<A, R>(scope: CancelScope, fn: (argument: A) => R, argument: A): R {
  if (observer?.run === undefined) return fn(argument);
  return observer.run(scope, () => fn(argument));
}
