/** The part of Node's `AsyncResource` that is used. It calls a function with the async context in which the resource was made. */
interface AsyncResource {
  runInAsyncScope(fn: () => void): void;
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

/**
 * Keeps the caller's async context for a queued task (start-queue.ts, 2). Returns a function that calls `fn` once with the async context of the
 * present caller. If the platform has `AsyncResource`, `fn` is called synchronously. Otherwise (in browsers and Workers) it is called in a microtask,
 * from a promise made here, because the callback of a promise runs in the context in which it was registered.
 */
export function inCallersContext(fn: () => void): () => void {
  const Resource = asyncResource();
  if (Resource !== undefined) {
    const resource = new Resource("SelvageTask", { requireManualDestroy: true });
    return () => {
      resource.runInAsyncScope(fn);
    };
  }
  let call = (): void => {};
  void new Promise<void>((resolve) => {
    call = resolve;
  }).then(fn);
  return call;
}
