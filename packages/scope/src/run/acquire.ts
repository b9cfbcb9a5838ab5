/// <reference lib="esnext.disposable" preserve="true" />
import { hasBrand } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";
import { type Deferred, deferred, handled, rejected, subscribe } from "../support/deferred.js";
import { checkFunction, checkOptions, describeValue } from "../support/arguments.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { beginWait, endWait } from "../wait/pending-waits.js";
import { isCutOf, reasonOf } from "./absorb.js";
import { cutError } from "../wait/settle.js";
import { addMethod, asyncDispose } from "../support/symbols.js";
import { Wait } from "../wait/wait.js";
import { addWaiter, removeWaiter } from "../tree/waiter.js";

/** A value that was opened and has to be released once. */
export interface Acquired<T> extends AsyncDisposable {
  /** The value that `open` returned. */
  readonly value: T;
  /**
   * Releases the value. The first call calls `release`, and rejects if that fails. Later calls wait for the same end, and do not reject.
   */
  release(): Promise<void>;
}

/** Options of {@link acquire}. */
export interface AcquireOptions {
  /** Whether a cancellation waits for `open` to end. Default: `true`. */
  readonly wait?: boolean | undefined;
}

/**
 * Opens something that has to be released, and never loses it. If a connection opens although its scope was cancelled meanwhile, `acquire` releases
 * it. `scope.race(connect())` would leave it open, without an owner.
 *
 * `open` is called at once, with the scope, and waited for. `release` is called once: by `release()`, by `await using`, or by `acquire` itself. It
 * does not receive a scope, because it must also run after a cancellation. If it waits, limit its time with `shield` of `@selvage/timeout`.
 * The end of the scope does not release the value: use `await using`, or release it in `finally`.
 *
 * **Cancellation**: in a cancelled scope, `open` is not called. If the scope is cancelled while `open` runs, `acquire` waits for `open` to end,
 * releases the value, and rejects with the scope's `CancelledError`, or with the error of `release`. A rejection of `open` is classified as by
 * `scope.settle`. With `wait: false`, `acquire` rejects at once. A value that opens later is released in the background, and errors of `open`
 * (other than the cancellation) and of `release` are reported as uncaught. A closed scope has the same effect, with a `ClosedError`.
 *
 * @throws {TypeError} Synchronously, if an argument is of the wrong type.
 * @example
 * ```ts
 * import { acquire, CancelScope } from "@selvage/scope";
 *
 * const log: string[] = [];
 * await CancelScope.run(async (scope) => {
 *   const connection = await acquire(
 *     scope,
 *     async () => "a connection",
 *     (value) => log.push(`closed ${value}`),
 *   );
 *   try {
 *     log.push(`used ${connection.value}`);
 *   } finally {
 *     await connection.release();
 *   }
 * });
 * console.assert(log.join() === "used a connection,closed a connection");
 * ```
 */
export function acquire<T>(
  scope: CancelScope,
  open: (scope: CancelScope) => T | PromiseLike<T>,
  release: (value: T) => unknown,
  options?: AcquireOptions,
): Promise<Acquired<T>> {
  if (!hasBrand(scope, "@selvage/scope/CancelScope")) {
    throw new TypeError(`acquire() opens in a CancelScope, got ${describeValue(scope)}.`);
  }
  checkFunction(open, "The function that opens");
  checkFunction(release, "The function that releases");
  checkOptions(options);
  const wait: unknown = options?.wait ?? true;
  if (typeof wait !== "boolean") {
    throw new TypeError(`The option "wait" must be a boolean, got ${describeValue(wait)}.`);
  }
  const refusal = scope._refusal();
  if (refusal !== undefined) return refusal;
  return wait ? waitForAll(scope, open, release) : waitUntilCancelled(scope, open, release);
}

type Open<T> = (scope: CancelScope) => T | PromiseLike<T>;
type Release<T> = (value: T) => unknown;

/** Waits until `open` has ended, even if the scope is cancelled meanwhile. */
function waitForAll<T>(scope: CancelScope, open: Open<T>, release: Release<T>): Promise<Acquired<T>> {
  const result = deferred<Acquired<T>>();
  const reject = (error: unknown): void => {
    endWait(scope);
    if (error === scope._reason) void handled(result.promise);
    result.reject(error);
  };
  beginWait(scope);
  void subscribe(
    call(open, scope),
    (value: T) => {
      const refusal = refusalIn(scope);
      if (refusal === undefined) {
        endWait(scope);
        result.resolve(new Holding(value, release));
      } else {
        void subscribe(call(release, value), () => void refusal.catch(reject), reject);
      }
    },
    (error) => {
      reject(cutError(scope, error, isAnything));
    },
  );
  return result.promise;
}

/** Waits for `open` until the scope is cancelled. A value that comes later is released in the background. */
function waitUntilCancelled<T>(scope: CancelScope, open: Open<T>, release: Release<T>): Promise<Acquired<T>> {
  const result = deferred<Acquired<T>>();
  const opening = new Wait(scope, result as Deferred<unknown>);
  addWaiter(opening);
  void subscribe(
    call(open, scope),
    (value: T) => {
      const refusal = refusalIn(scope); // checks the clock, so a deadline that has passed cancels first
      if (refusal === undefined) {
        removeWaiter(opening);
        result.resolve(new Holding(value, release));
        return;
      }
      void subscribe(call(release, value), ignore, reportUncaught);
      removeWaiter(opening);
      void refusal.catch(result.reject); // does nothing if the cancellation has already rejected it
    },
    (error) => {
      reasonOf(scope);
      if (opening.scope === undefined) {
        if (!isCutOf(scope, error)) reportUncaught(error);
      } else {
        removeWaiter(opening);
        result.reject(error);
      }
    },
  );
  return result.promise;
}

/** An opened value, with the function that releases it. */
class Holding<T> implements Acquired<T> {
  readonly value: T;
  /** Releases the value; `undefined` once it was called. */
  #release: Release<T> | undefined;
  /** Resolves when the release has ended, even if it failed; `undefined` until `release` is called. */
  #released: Promise<undefined> | undefined = undefined;

  constructor(value: T, release: Release<T>) {
    this.value = value;
    this.#release = release;
  }

  release(): Promise<void> {
    if (this.#released !== undefined) return this.#released;
    const release = this.#release!;
    this.#release = undefined;
    const end = deferred<undefined>();
    this.#released = end.promise; // first, because the foreign `release` may call this method
    const first = deferred<undefined>();
    void subscribe(
      call(release, this.value),
      () => {
        first.resolve(undefined);
        end.resolve(undefined);
      },
      (error) => {
        first.reject(error);
        end.resolve(undefined); // only the first call rejects
      },
    );
    return first.promise;
  }

  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
}
addMethod(Holding<unknown>, asyncDispose, function () {
  return this.release();
});

/** Returns the rejection if the value must be released: the scope is cancelled or closed, or its clock throws (C1). Otherwise `undefined`. */
function refusalIn(scope: CancelScope): Promise<never> | undefined {
  try {
    return scope._refusal();
  } catch (error) {
    return rejected(error);
  }
}

/** Calls foreign code. If it throws, the result is a rejected promise. */
function call<A>(fn: (argument: A) => unknown, argument: A): unknown {
  try {
    return fn(argument);
  } catch (error) {
    return Promise.reject(error);
  }
}

function isAnything(): boolean {
  return true;
}

function ignore(): void {}
