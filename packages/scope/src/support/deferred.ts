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

const NativePromise = Promise;
const nativeThen = Reflect.get(Promise.prototype, "then") as Then;

/** The platform's `then`, never the promise's own. Zone, if it is loaded later, replaces `Promise`; the native `then` refuses its promises. */
function thenOf(promise: unknown): Then {
  if (Promise === NativePromise || !(promise instanceof Promise)) return nativeThen;
  return Reflect.get(Promise.prototype, "then") as Then;
}

/** Marks a promise as looked after, so that its rejection is never an unhandled one. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  void thenOf(promise).call(promise, undefined, ignore);
  return promise;
}

/** A rejected promise whose rejection is never an unhandled one. */
export function rejected<T>(error: unknown): Promise<T> {
  return handled(Promise.reject<T>(error as Error));
}

/**
 * Calls back once, in a microtask or later, with what a value or a promise comes to, whatever a thenable does: throws, calls back
 * twice or at once, or has a `then` that fails to be read. Returns the promise of what the callback returns or throws.
 */
export function subscribe(
  value: unknown,
  onValue: (value: never) => unknown,
  onError: (error: unknown) => unknown,
): Promise<unknown> {
  try {
    const promise = Promise.resolve(value);
    return thenOf(promise).call(promise, onValue, onError); // which may read a `constructor` that throws
  } catch (error) {
    const promise = Promise.reject(error);
    return thenOf(promise).call(promise, onValue, onError);
  }
}

/**
 * Continues the async stack of an error that rejects `promise` in the code that awaits the promise of `resolve` (E8). V8 follows a promise's only
 * callback if that is the `resolve` of another promise. The call must do nothing: the other promise is settled, or locked in, by then.
 */
export function linkStack(promise: Promise<unknown>, resolve: (value: never) => void): void {
  void thenOf(promise).call(promise, resolve, ignore);
}

/**
 * Calls back with the outcome of a promise, unless the value is not a promise: then it returns false, and nothing of the value was
 * read or called. A promise is what `Promise.prototype.then` accepts, of any realm (S12).
 */
export function subscribeToPromise(
  value: unknown,
  onValue: (value: never) => void,
  onError: (error: unknown) => void,
): boolean {
  try {
    void thenOf(value).call(value as Promise<unknown>, onValue as (value: unknown) => void, onError);
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
export function ignoreRejection(promise: unknown): void {
  void subscribe(promise, ignore, ignore);
}
