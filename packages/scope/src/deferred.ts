/** A promise settled from elsewhere. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (error: unknown) => void;
}

let resolveLatest: (value: unknown) => void;
let rejectLatest: (error: unknown) => void;

/** One executor for all promises: a closure for each would be one more object for each. */
function capture(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  resolveLatest = resolve;
  rejectLatest = reject;
}

export function deferred<T>(): Deferred<T> {
  const promise = new Promise<unknown>(capture) as Promise<T>;
  return { promise, resolve: resolveLatest, reject: rejectLatest };
}

function ignore(): void {}

type Then = (this: Promise<unknown>, onValue?: unknown, onError?: unknown) => Promise<unknown>;

// Taken once: a promise may come with a `then` of its own.
const then = Reflect.get(Promise.prototype, "then") as Then;

/** Marks a promise as looked after, so that its rejection is never an unhandled one. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  void then.call(promise, undefined, ignore);
  return promise;
}

/** A rejected promise whose rejection is never an unhandled one. */
export function rejected<T>(error: unknown): Promise<T> {
  return handled(Promise.reject<T>(error as Error));
}

/**
 * Calls back once, in a microtask or later, with what a value or a promise comes to, whatever a thenable does: throws, calls back
 * twice or at once, or has a `then` that fails to be read.
 */
export function subscribe(value: unknown, onValue: (value: never) => void, onError: (error: unknown) => void): void {
  let promise: Promise<unknown>;
  try {
    promise = Promise.resolve(value);
  } catch (error) {
    promise = Promise.reject(error);
  }
  void then.call(promise, onValue as (value: unknown) => void, onError);
}

/**
 * Calls back with what a promise comes to, unless the value is not a promise: then it returns false, and nothing of the value was
 * read or called. A promise is what `Promise.prototype.then` accepts, of any realm (S12).
 */
export function subscribeToPromise(
  value: unknown,
  onValue: (value: never) => void,
  onError: (error: unknown) => void,
): boolean {
  try {
    void then.call(value as Promise<unknown>, onValue as (value: unknown) => void, onError);
    return true;
  } catch {
    return false;
  }
}

const silenced = new WeakSet<object>();

/**
 * Ignores the late rejection of a promise. The `then` of any other thenable is not called: it might start what it stands for, a
 * database query for example (S12). Once for each promise, which keeps every callback until it settles.
 */
export function silence(promise: unknown): void {
  if (typeof promise !== "object" || promise === null || silenced.has(promise)) return;
  if (subscribeToPromise(promise, ignore, ignore)) silenced.add(promise);
}

/** Waits for a promise no more: a late rejection of it is not an unhandled one. */
export function abandon(promise: unknown): void {
  subscribe(promise, ignore, ignore);
}
