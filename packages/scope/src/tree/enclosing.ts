import type { CancelScope } from "../cancel-scope.js";
import { observer } from "./observer.js";
import { CLOSED, RUNNING } from "./scope-tree.js";

/** Returns the scope whose body is running. Only `@selvage/scope/ambient` sets it; `undefined` until then (C4). */
let currentScope: (() => CancelScope | undefined) | undefined;

/** Makes the enclosing scope the default parent. This cannot be undone. */
export function setEnclosing(current: () => CancelScope | undefined): void {
  currentScope = current;
}

/** Returns the default parent. A closed scope does not enclose anything, even in a callback that its body left behind. */
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

/** Calls a function as code that the scope encloses. The function is a part of the scope's body, so observers are not notified of a start. */
export function enter<A, R>(scope: CancelScope, fn: (argument: A) => R, argument: A): R {
  if (observer?.run === undefined) return fn(argument);
  return observer.run(scope, () => fn(argument));
}
