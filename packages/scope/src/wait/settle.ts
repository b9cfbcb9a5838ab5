import { membersOf } from "../error/aggregate.js";
import { hasBrand } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";
import { deferred, handled, linkStack, subscribe, subscribeToPromise } from "../support/deferred.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { TIMEOUT_ERROR } from "../error/is-cancellation.js";
import { beginWait, endWait } from "./pending-waits.js";
import { noteReplaced } from "../error/raised.js";
import { isCutOf, reasonOf } from "../run/run-scope.js";

/** Whether a rejection in a cancelled scope is the cancellation, whatever its shape. */
export type IsCut = (error: unknown) => boolean;

/** Waits until a promise has settled, also in a cancelled scope, where a rejection is the cancellation (S17). */
export function settleIn<T>(scope: CancelScope, promise: PromiseLike<T>, isCut: IsCut): Promise<T> {
  const result = deferred<T>();
  const onValue = (value: T): void => {
    endWait(scope);
    result.resolve(value);
  };
  const onError = (error: unknown): void => {
    endWait(scope);
    const verdict = cutError(scope, error, isCut);
    if (verdict === scope._reason) void handled(result.promise);
    result.reject(verdict);
  };
  beginWait(scope); // first: to read the promise's `then` may run foreign code
  const refusal = scope._refusal();
  if (refusal === undefined) linkStack(subscribe(promise, onValue, onError), result.resolve);
  else if (!subscribeToPromise(promise, onValue, onError)) {
    endWait(scope);
    return refusal;
  }
  return result.promise;
}

/**
 * The outcome of a rejection: the reason of the scope if it is cancelled by now and `isCut` holds, otherwise the error itself. Replaced
 * errors are noted for `task.raised`.
 */
export function cutError(scope: CancelScope, error: unknown, isCut: IsCut): unknown {
  const reason = reasonOf(scope);
  if (reason === undefined || error === reason || isFailure(error, scope) || !isCutBy(isCut, error)) return error;
  noteReplaced(scope, reason, error);
  return reason;
}

/** A timeout, and an aggregate with a member that is not a cancellation, say more than that something was torn down. */
function isFailure(error: unknown, scope: CancelScope): boolean {
  return hasBrand(error, TIMEOUT_ERROR) || (membersOf(error) !== undefined && !isCutOf(scope, error));
}

/** Foreign code, whose error must not take the place of the one that it judges. */
function isCutBy(isCut: IsCut, error: unknown): boolean {
  try {
    return isCut(error);
  } catch (thrown) {
    reportUncaught(thrown);
    return false;
  }
}
