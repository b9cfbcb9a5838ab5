/**
 * Makes the enclosing scope the default parent: `import "@selvage/scope/ambient"` once, and whatever is made inside a scope's body, a task
 * or a timeout is a child of it, without being handed it. It stands on `AsyncLocalStorage`, so it runs where `node:async_hooks` does
 * (Node, Deno, Bun; Workers with `nodejs_compat`); nothing of it is loaded unless imported.
 *
 * An explicit `parent` wins, and `parent: null` makes a root. A scope that has closed encloses nothing any more.
 *
 * @packageDocumentation
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { CancelScope } from "./cancel-scope.js";
import { observe } from "./debug/observe.js";
import { enclosingScope, setEnclosing } from "./tree/enclosing.js";

const storage = new AsyncLocalStorage<CancelScope>();

setEnclosing(() => storage.getStore());
observe({ run: (scope, fn) => storage.run(scope, fn) }); // for good

/**
 * The innermost open scope whose body or task is running, `undefined` outside of any: for code that cannot be handed one.
 *
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { currentScope } from "@selvage/scope/ambient";
 *
 * await CancelScope.run(async (scope) => {
 *   await scope.sleep(1);
 *   console.assert(currentScope() === scope);
 *   using child = new CancelScope();
 *   scope.cancel();
 *   console.assert(child.cancelled);
 * });
 * ```
 */
export function currentScope(): CancelScope | undefined {
  return enclosingScope();
}
