import type { CancelledError, CancelScope } from "@selvage/scope";

/** What a scope has been told of its cancellation, without a look at the clock: `reason` once it was. */
export function told(scope: CancelScope): { reason?: CancelledError } {
  const seen: { reason?: CancelledError } = {};
  scope.onCancel((reason) => (seen.reason = reason));
  return seen;
}
