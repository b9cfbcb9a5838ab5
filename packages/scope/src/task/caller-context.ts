/** The part of Node's `AsyncResource` that is used. It calls a function with the async context in which the resource was made. */
interface AsyncResource {
  runInAsyncScope<A>(fn: (argument: A) => void, self: undefined, argument: A): void;
}

type AsyncResourceClass = new (type: string, options: { readonly requireManualDestroy: boolean }) => AsyncResource;

interface Globals {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
  readonly navigator?: { readonly userAgent?: unknown };
}

/** The class; `undefined` until it is looked up, and if the platform does not have it. */
let found: AsyncResourceClass | undefined;
/** Whether the class was looked up. */
let isLookedUp = false;

/**
 * Returns the platform's `AsyncResource`, or `undefined`. It is looked up when it is first needed, because this package may not import from
 * `node:`.
 */
function asyncResource(): AsyncResourceClass | undefined {
  if (isLookedUp) return found;
  isLookedUp = true;
  try {
    const { process, navigator } = globalThis as Globals;
    // In Workers a context belongs to a request, and cannot be entered from another request. A promise's callback runs in its own context.
    if (navigator?.userAgent === "Cloudflare-Workers") return undefined;
    found = (process?.getBuiltinModule?.("node:async_hooks") as { AsyncResource?: AsyncResourceClass } | undefined)
      ?.AsyncResource;
  } catch {
    // The platform has `getBuiltinModule`, but not this module.
  }
  return found;
}

/** The async context of a caller, or a function that has it. */
export type CallersContext = AsyncResource | (() => void);

/**
 * Keeps the caller's async context for a queued task (start-queue.ts, 2). If the platform has `AsyncResource`, `fn` is later called synchronously.
 * Otherwise (in browsers and Workers) it is called in a microtask, from a promise made here, because the callback of a promise runs in the context in
 * which it was registered.
 */
export function callersContext<A>(fn: (argument: A) => void, argument: A): CallersContext {
  const Resource = asyncResource();
  if (Resource !== undefined) return new Resource("SelvageTask", { requireManualDestroy: true });
  let call = (): void => {};
  void new Promise<void>((resolve) => {
    call = resolve;
  }).then(() => {
    fn(argument);
  });
  return call;
}

/** Calls the function once in the context. It must be called with the same function and argument. */
export function callInContext<A>(context: CallersContext, fn: (argument: A) => void, argument: A): void {
  if (typeof context === "function") context();
  else context.runInAsyncScope(fn, undefined, argument);
}
