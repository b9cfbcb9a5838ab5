/** What Node, Bun and Deno call with the async context of where it was made: what `AsyncLocalStorage` reads. */
interface AsyncResource {
  runInAsyncScope(fn: () => void): void;
}

type AsyncResourceClass = new (type: string, options: { readonly requireManualDestroy: boolean }) => AsyncResource;

interface Globals {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
  readonly navigator?: { readonly userAgent?: unknown };
}

let found: AsyncResourceClass | undefined;
let isSought = false;

/** Looked up when it is first needed, as nothing here may import from `node:`. */
function asyncResource(): AsyncResourceClass | undefined {
  if (isSought) return found;
  isSought = true;
  try {
    const { process, navigator } = globalThis as Globals;
    // There a context belongs to a request, and cannot be entered from another one. A promise's callback runs in its own.
    if (navigator?.userAgent === "Cloudflare-Workers") return undefined;
    found = (process?.getBuiltinModule?.("node:async_hooks") as { AsyncResource?: AsyncResourceClass } | undefined)
      ?.AsyncResource;
  } catch {
    // A platform that has the function and not the module.
  }
  return found;
}

/**
 * Returns a function that calls `fn` once with the caller's async context: at once where the platform has `AsyncResource`, and elsewhere (in
 * browsers and Workers) in a microtask, since what follows from a promise has the context of where it was asked for.
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
