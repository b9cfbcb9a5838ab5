import type { CancelScope } from "../cancel-scope.js";
import { CLOSED, RUNNING } from "./scope-tree.js";

/** What `@selvage/scope/ambient` brings, and nothing else does: a memory of the scope that the running code belongs to (C4). */
export interface Enclosing {
  /** The scope whose body is running. */
  current(): CancelScope | undefined;
  /** Calls `fn` as the body of a scope. */
  run<A, R>(scope: CancelScope, fn: (argument: A) => R, argument: A): R;
}

let enclosing: Enclosing | undefined;

/** Turns ambient scopes on, for good. */
export function setEnclosing(memory: Enclosing): void {
  enclosing = memory;
}

/** The default parent. A scope that has closed encloses nothing any more, whatever a late callback of its body remembers. */
export function enclosingScope(): CancelScope | undefined {
  const scope = enclosing?.current();
  return scope === undefined || (scope._flags & CLOSED) !== 0 ? undefined : scope;
}

/** Calls a scope's body, as the code that the scope encloses. Costs one comparison where nobody asked for ambient scopes. */
export function callIn<A, R>(scope: CancelScope, body: (argument: A) => R, argument: A): R {
  scope._flags |= RUNNING;
  return enclosing === undefined ? body(argument) : enclosing.run(scope, body, argument);
}
