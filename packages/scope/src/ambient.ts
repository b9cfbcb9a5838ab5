/**
 * Makes the enclosing scope the default parent. After one `import "@selvage/scope/ambient"`, everything that is made in the body of a scope, a task
 * or a timeout becomes its child without a `parent` option. The module uses `AsyncLocalStorage`, so it needs `node:async_hooks` (Node, Deno, Bun;
 * Workers with `nodejs_compat`). It is loaded only if it is imported.
 *
 * An explicit `parent` takes precedence, and `parent: null` makes a root. A closed scope is not a default parent.
 *
 * @packageDocumentation
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { CancelScope } from "./cancel-scope.js";
import { observe } from "./debug/observe.js";
import { enclosingScope, setEnclosing } from "./tree/enclosing.js";

const storage = new AsyncLocalStorage<CancelScope>();

setEnclosing(() => storage.getStore());
observe({ run: (scope, fn) => storage.run(scope, fn) }); // never removed

/**
 * Returns the innermost scope in whose body or task the calling code runs; `undefined` outside of any scope, and once that scope is closed. It is for
 * code to which the scope cannot be passed.
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
