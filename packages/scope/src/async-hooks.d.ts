/** The part of `node:async_hooks` that `ambient.ts` needs. Node's own types are not used, because they would apply to all other files too. */
declare module "node:async_hooks" {
  export class AsyncLocalStorage<T> {
    getStore(): T | undefined;
    run<R>(store: T, fn: () => R): R;
  }
}
