import { membersOf } from "../error/aggregate.js";
import { hasBrand } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";
import { deferred, handled, linkStack, subscribe, subscribeToPromise } from "../support/deferred.js";
import { reportUncaught } from "../error/report-uncaught.js";
import { TIMEOUT_ERROR } from "../error/is-cancellation.js";
import { beginWait, endWait } from "./pending-waits.js";
import { noteReplaced } from "../error/raised.js";
import { isCutOf, reasonOf } from "../run/absorb.js";

/** Decides whether a rejection in a cancelled scope is the cancellation, whatever its shape. */
export type IsCut = (error: unknown) => boolean;

/** Waits until a promise has settled, even in a cancelled scope. If the scope is cancelled by then, a rejection is the cancellation (S17). */
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
  beginWait(scope); // first, because reading the promise's `then` may run foreign code
  const refusal = scope._refusal();
  if (refusal === undefined) linkStack(subscribe(promise, onValue, onError), result.resolve);
  else if (!subscribeToPromise(promise, onValue, onError)) {
    endWait(scope);
    return refusal;
  }
  return result.promise;
}

/**
 * Returns the error with which a wait rejects: the reason of the scope if it is cancelled by now and `isCut` returns true, otherwise the error
 * itself. A replaced error is recorded for `task.raised`.
 */
export function cutError(scope: CancelScope, error: unknown, isCut: IsCut): unknown {
  const reason = reasonOf(scope);
  if (reason === undefined || error === reason || isFailure(error, scope) || !isCutBy(isCut, error)) return error;
  noteReplaced(scope, reason, error);
  return reason;
}

/** Whether an error is never replaced: a `TimeoutError`, or an aggregate with a member that is not a cancellation. */
function isFailure(error: unknown, scope: CancelScope): boolean {
  return hasBrand(error, TIMEOUT_ERROR) || (membersOf(error) !== undefined && !isCutOf(scope, error));
}

/** Calls the foreign `isCut`. If it throws, its error is reported as uncaught, so that it does not replace the original one. */
function isCutBy(isCut: IsCut, error: unknown): boolean {
  try {
    return isCut(error);
  } catch (thrown) {
    reportUncaught(thrown);
    return false;
  }
}
