import { membersOf } from "./aggregate.js";
import { hasBrand, read } from "./brand.js";
import type { CancelScope } from "./cancel-scope.js";
import { type CancelledError, isCancelledError } from "./cancelled-error.js";
import { causeOf, MOST_LINKS } from "./error-context.js";

/** The brand of `TimeoutError`, which is a failure although a cancellation is its cause (O2). */
export const TIMEOUT_ERROR = "@selvage/timeout/TimeoutError";

const ABORT_CODES: ReadonlySet<unknown> = new Set(["ABORT_ERR", "ERR_CANCELED", "UND_ERR_ABORTED"]);

/**
 * Tells cancellation from failure: the one classifier that every primitive uses (S15).
 *
 * Without `scope`: is the error a `CancelledError`, does it carry one in its `cause` chain, or is it an aggregate of nothing
 * else? With `scope`: is that scope cancelled, and is the error what its cancellation looks like: its `reason`, an error that
 * carries it in its `cause` chain, a platform or library abort (`AbortError`, `ABORT_ERR`, `ERR_CANCELED`, `UND_ERR_ABORTED`),
 * or an aggregate of nothing else? Aggregates and `SuppressedError`s are judged by their members only, and an empty one is a
 * failure. A `TimeoutError` is a failure, whatever its cause. Never throws; cyclic and very deep errors are fine.
 *
 * @example
 * ```ts
 * import { CancelScope, isCancellation } from "@selvage/scope";
 *
 * await CancelScope.run(async (scope) => {
 *   scope.cancel();
 *   try {
 *     await scope.sleep(1_000);
 *   } catch (error) {
 *     if (!isCancellation(error, scope)) console.error("a real failure", error);
 *     throw error; // let the scope absorb it
 *   }
 * });
 * ```
 */
export function isCancellation(error: unknown, scope?: CancelScope): boolean {
  if (scope === undefined) return isMadeOf(error, isCancelledError, isCancelledError);
  const { reason } = scope;
  if (reason === undefined) return false;
  if (error === reason) return true;
  return isMadeOf(
    error,
    (link) => link === reason || isAbort(link),
    (link) => link === reason,
  );
}

function isAbort(error: object): boolean {
  return read(error, "name") === "AbortError" || ABORT_CODES.has(read(error, "code"));
}

type Test = (error: object) => boolean;

/** Whether every leaf satisfies `isOne`, or has a cause that satisfies `isCause`. Iterative: errors may be 100,000 deep, or cyclic. */
function isMadeOf(root: unknown, isOne: Test, isCause: Test): boolean {
  const pending: { error: unknown; test: Test }[] = [{ error: root, test: isOne }];
  // Apart by test: what is fine as a member may not be as a cause.
  const seen = new Map<Test, Set<object>>([isOne, isCause].map((test) => [test, new Set()]));
  let found = false;
  for (let next = pending.pop(), groups = 0; next !== undefined; next = pending.pop()) {
    const end = endOfChain(next.error, next.test, isCause);
    if (end === false) return false;
    if (end === true) {
      found = true;
    } else if (!seen.get(end.test)!.has(end.aggregate)) {
      if (++groups > MOST_LINKS) return false;
      seen.get(end.test)!.add(end.aggregate);
      for (const error of end.members) pending.push({ error, test: end.test });
    }
  }
  return found;
}

type Aggregate = { aggregate: object; members: readonly unknown[]; test: Test };

/** Follows the causes of one error to the first that satisfies its test (true), to an aggregate, or to nothing (false). */
function endOfChain(start: unknown, test: Test, isCause: Test): boolean | Aggregate {
  let error = start;
  let earlier: unknown; // each time twice as far on, so that a cycle comes back to it
  for (let links = 0; links < MOST_LINKS; links++) {
    if (typeof error !== "object" || error === null || error === earlier) return false;
    if (hasBrand(error, TIMEOUT_ERROR)) return false;
    const members = membersOf(error);
    if (members !== undefined) return members.length > 0 && { aggregate: error, members, test };
    if (test(error)) return true;
    if ((links & (links - 1)) === 0) earlier = error;
    error = causeOf(error);
    test = isCause;
  }
  return false;
}

/** Whether a `CancelledError` of another scope is anywhere in the error: among its members or in their causes (S14). */
export function containsForeignCancellation(root: unknown, own: CancelledError): boolean {
  const pending: unknown[] = [root];
  const seen = new Set<unknown>();
  while (pending.length > 0 && seen.size < MOST_LINKS) {
    const error = pending.pop();
    if (typeof error !== "object" || error === null || error === own || seen.has(error)) continue;
    if (isCancelledError(error) && read(error, "scope") !== own.scope) return true;
    seen.add(error);
    const members = membersOf(error);
    if (members === undefined) pending.push(causeOf(error));
    else for (const member of members) pending.push(member);
  }
  return false;
}
