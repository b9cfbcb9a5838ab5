import type { CancelledError, CancelScope } from "@selvage/scope";

/** Records the cancellation of a scope without a check of the clock: `reason` is set once the scope is cancelled. */
export function cancellationOf(scope: CancelScope): { reason?: CancelledError } {
  const seen: { reason?: CancelledError } = {};
  scope.onCancel((reason) => (seen.reason = reason));
  return seen;
}
