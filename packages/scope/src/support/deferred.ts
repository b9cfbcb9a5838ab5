/** A promise with the functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (error: unknown) => void;
}

/** The functions that the executor received in the latest call. */
let resolveLatest: (value: unknown) => void;
let rejectLatest: (error: unknown) => void;

/** The executor of all promises. One shared function saves a closure per promise. */
function capture(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  resolveLatest = resolve;
  rejectLatest = reject;
}

/** Makes a promise that its caller settles. */
export function deferred<T>(): Deferred<T> {
  const promise = new Promise<unknown>(capture) as Promise<T>;
  return { promise, resolve: resolveLatest, reject: rejectLatest };
}

function ignore(): void {}

type Then = (this: Promise<unknown>, onValue?: unknown, onError?: unknown) => Promise<unknown>;

const NativePromise = Promise;
const nativeThen = Reflect.get(Promise.prototype, "then") as Then;

/**
 * Returns the platform's `then`, never a promise's own. If Zone is loaded later, it replaces `Promise`, and the native `then` does not accept Zone's
 * promises.
 */
function thenOf(promise: unknown): Then {
  if (Promise === NativePromise || !(promise instanceof Promise)) return nativeThen;
  return Reflect.get(Promise.prototype, "then") as Then;
}

/** Marks a promise as handled, so that its rejection is never unhandled. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  void thenOf(promise).call(promise, undefined, ignore);
  return promise;
}

/** Makes a rejected promise whose rejection is never unhandled. */
export function rejected<T>(error: unknown): Promise<T> {
  return handled(Promise.reject<T>(error as Error));
}

/**
 * Calls one callback once, in a microtask or later, with the outcome of a value or a promise. This holds for every thenable: one that throws, calls
 * back twice or at once, or has a `then` whose getter throws. Returns a promise of the callback's result.
 */
export function subscribe(
  value: unknown,
  onValue: (value: never) => unknown,
  onError: (error: unknown) => unknown,
): Promise<unknown> {
  try {
    const promise = Promise.resolve(value);
    return thenOf(promise).call(promise, onValue, onError); // may read a `constructor` whose getter throws
  } catch (error) {
    const promise = Promise.reject(error);
    return thenOf(promise).call(promise, onValue, onError);
  }
}

/**
 * Makes the async stack of an error that rejects `promise` show the code that awaits the promise of `resolve` (E8). V8 follows the only callback of
 * a promise if it is the `resolve` of another promise. The callback must have no effect: the other promise is settled or locked in by then.
 */
export function linkStack(promise: Promise<unknown>, resolve: (value: never) => void): void {
  void thenOf(promise).call(promise, resolve, ignore);
}

/**
 * Calls back with the outcome of a promise. If the value is not a promise, it returns false, and does not read or call anything of the value. A
 * promise is anything that `Promise.prototype.then` accepts, of any realm (S12).
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

/** The promises that {@link silence} has marked. */
const silenced = new WeakSet<object>();

/**
 * Ignores a late rejection of a promise. The `then` of any other thenable is not called, because it might start something, for example a database
 * query (S12). Each promise is marked once, because it keeps every callback until it settles.
 */
export function silence(promise: unknown): void {
  if (typeof promise !== "object" || promise === null || silenced.has(promise)) return;
  if (subscribeToPromise(promise, ignore, ignore)) silenced.add(promise);
}

/** Ignores the rejection of a promise or thenable that the caller no longer waits for. */
export function ignoreRejection(promise: unknown): void {
  void subscribe(promise, ignore, ignore);
}
