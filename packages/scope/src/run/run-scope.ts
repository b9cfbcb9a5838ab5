import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { endScope } from "./close-scope.js";
import { callIn } from "../tree/enclosing.js";
import { ExceptionGroup } from "../error/exception-group.js";
import { containsForeignCancellation, isCancellation } from "../error/is-cancellation.js";
import type { Failed } from "../tree/observer.js";
import { CANCELLED_CAUGHT, STARTED } from "../tree/scope-tree.js";

/**
 * Runs a body to its end in a scope, and decides whose the outcome is (S14). What the scope absorbs comes to `undefined`, unless `caught`
 * throws: it is called with the reason once the scope is closed.
 */
export async function runBody<A, T>(
  scope: CancelScope,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
  caught?: (reason: CancelledError, argument: A) => void,
): Promise<T | undefined> {
  scope._flags |= STARTED;
  let value: T;
  try {
    value = await callIn(scope, body, argument);
  } catch (error) {
    endFailed(scope, error);
    caught?.(scope._reason!, argument);
    return undefined;
  }
  const failure = endScope(scope, false);
  if (failure !== undefined) throw failure as Error;
  return value;
}

/** Ends a scope whose body has thrown, and throws unless the scope absorbs it. Apart, as what an async function names it keeps for as long as it waits. */
function endFailed(scope: CancelScope, error: unknown): void {
  const verdict = judge(scope, error);
  if (verdict === "own") scope._flags |= CANCELLED_CAUGHT;
  let failed: Failed | undefined = verdict === "failure" ? { error } : undefined;
  endScope(scope, true, {
    _failed(failure) {
      if (failure !== undefined) failed = failed === undefined ? { error: failure } : both(error, failure);
      return failed;
    },
  });
  if (failed !== undefined) throw failed.error;
  if (verdict === "outer") throw scope._reason as Error;
}

function both(error: unknown, failure: unknown): Failed {
  return { error: new ExceptionGroup("a run failed", [error, failure]) };
}

/**
 * Whose affair a rejection of the work in a scope is: the scope's own cancellation, for it to absorb; an outer owner's, to be
 * passed on as `scope.reason`; or a failure.
 */
function judge(scope: CancelScope, error: unknown): "own" | "outer" | "failure" {
  if (!isCutOf(scope, error)) return "failure";
  const reason = scope._reason!;
  if (reason.scope !== scope) return "outer";
  return containsForeignCancellation(error, reason) ? "failure" : "own";
}

/** Whether an error is a cancellation of the scope. One whose clock throws is not known to be cancelled. */
export function isCutOf(scope: CancelScope, error: unknown): boolean {
  try {
    return isCancellation(error, scope);
  } catch {
    return false; // the end of the scope reads the clock again, and fails with what it throws
  }
}

/** Why the scope is cancelled. Of a scope whose clock throws, what is known without the clock. */
export function reasonOf(scope: CancelScope): CancelledError | undefined {
  try {
    return scope.reason;
  } catch {
    return scope._reason; // the end of the scope reads the clock again, and fails with what it throws
  }
}
