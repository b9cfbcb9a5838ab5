import type { CancelScope } from "../cancel-scope.js";
import type { CancelledError } from "../error/cancelled-error.js";
import { containsForeignCancellation, isCancellation } from "../error/is-cancellation.js";

/**
 * Decides what a rejection of the body is: the scope's own cancellation, which it absorbs; the cancellation of an outer owner, which is passed on as
 * `scope.reason`; or a failure.
 */
export function judge(scope: CancelScope, error: unknown): "own" | "outer" | "failure" {
  if (!isCutOf(scope, error)) return "failure";
  const reason = scope._reason!;
  if (reason.scope !== scope) return "outer";
  return containsForeignCancellation(error, reason) ? "failure" : "own";
}

/** Whether an error is a cancellation of the scope. False if the scope's clock throws. */
export function isCutOf(scope: CancelScope, error: unknown): boolean {
  try {
    return isCancellation(error, scope);
  } catch {
    return false; // the end of the scope reads the clock again, and fails with its error
  }
}

/** Returns the reason of a scope. If the clock throws, it returns what is known without the clock. */
export function reasonOf(scope: CancelScope): CancelledError | undefined {
  try {
    return scope.reason;
  } catch {
    return scope._reason; // the end of the scope reads the clock again, and fails with its error
  }
}
