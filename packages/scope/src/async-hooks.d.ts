/** As much of `node:async_hooks` as `ambient.ts` needs: the types of Node would be in scope for all other files, too. */
declare module "node:async_hooks" {
  export class AsyncLocalStorage<T> {
    getStore(): T | undefined;
    run<R>(store: T, fn: () => R): R;
  }
}
