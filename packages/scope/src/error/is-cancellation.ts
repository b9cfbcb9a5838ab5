import { hasAbortShape } from "./abort-shape.js";
import { membersOf } from "./aggregate.js";
import { hasBrand, read } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";
import { type CancelledError, isCancelledError, signalReasonOf } from "./cancelled-error.js";
import { causeOf, MOST_LINKS } from "./error-context.js";
import { describeValue } from "../support/arguments.js";
import { remember, remembered } from "./classifier-memory.js";

/** The brand of `TimeoutError`. Such an error is a failure, although its cause is a cancellation (O2). */
export const TIMEOUT_ERROR = "@selvage/timeout/TimeoutError";

/**
 * Returns whether an error is a cancellation or a failure. Every primitive uses this classifier (S15).
 *
 * Without `scope`, it returns true if the error is a `CancelledError`, has one in its `cause` chain, or is an aggregate of nothing
 * else. With `scope`, it returns true if the scope is cancelled and the error is its `reason`, has that reason in its `cause`
 * chain, has a shape in which the platform or a common client rejects when it is cancelled (`AbortError`, `ABORT_ERR`,
 * `ERR_CANCELED`, `ECONNRESET` with the message "aborted", PostgreSQL's 57014 …), or is an aggregate of nothing else. If an
 * `AbortSignal` cancelled the scope, the signal's own reason counts, too.
 *
 * Aggregates and `SuppressedError`s are classified by their members only. An empty aggregate is a failure. A `TimeoutError` is a failure,
 * whatever its cause. Cyclic, endless and very deep errors are accepted, and no error makes this function throw. Below 8 levels, the result of an
 * earlier call is used again, so that a check at every level of a deep tree stays linear.
 *
 * @throws {TypeError} If `scope` is neither a scope nor `undefined`.
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
  if (scope === undefined) return isMadeOf(error, undefined, SHAPED);
  if (!hasBrand(scope, "@selvage/scope/CancelScope")) {
    throw new TypeError(`The scope must be a CancelScope or undefined, got ${describeValue(scope)}.`);
  }
  const { reason } = scope;
  if (reason === undefined) return false;
  return error === reason || isMadeOf(error, reason, SHAPED);
}

/** Whether an error is accepted without its shape: every part of it is this very reason, or has it in its `cause` chain. */
export function isMadeOfReason(error: unknown, reason: CancelledError): boolean {
  return isMadeOf(error, reason, BY_REASON);
}

/** The test of the first error of a chain: the reason, the signal's reason, or a shape. */
const SHAPED = 0;
/** The test of the causes: the reason, or the signal's reason. */
const CAUSED = 1;
/** The test of {@link isMadeOfReason}: only the reason. */
const BY_REASON = 2;
type Test = typeof SHAPED | typeof CAUSED | typeof BY_REASON;

/** One error that the walk visits. `from` is the group or the error that led to it; `undefined` for the root. */
interface Link {
  readonly error: unknown;
  readonly test: Test;
  readonly depth: number;
  readonly from: Link | undefined;
}

/**
 * Whether every leaf passes the test, or has a cause that passes it. It is iterative and examines each error once, because errors may be 100,000
 * levels deep, cyclic, or shared.
 */
function isMadeOf(root: unknown, reason: CancelledError | undefined, rootTest: Test): boolean {
  // One map per test, because an error may pass as a member and fail as a cause. The number identifies the chain in which it was examined.
  const seen: readonly Map<object, number>[] = [new Map(), new Map(), new Map()];
  const pending: Link[] = [{ error: root, test: rootTest, depth: 0, from: undefined }];
  let found = false;
  let deepest = 0;
  let work = 0;
  for (let chain = 0, next = pending.pop(); next !== undefined; chain++, next = pending.pop()) {
    for (let link: Link = next; ;) {
      const { error, depth }: Link = link;
      const test: Test = link.test;
      if (typeof error !== "object" || error === null) return fail(link, reason);
      const verdict = remembered(reason, error, test, depth);
      const earlier = seen[test]!.get(error);
      if (verdict === false || earlier === chain) return fail(link, reason); // a known failure, or a cycle of causes
      if (verdict === undefined && earlier !== undefined) break; // already examined in another chain
      if (++work > MOST_LINKS) return false;
      deepest = Math.max(deepest, depth);
      seen[test]!.set(error, chain);
      if (hasBrand(error, TIMEOUT_ERROR)) return fail(link, reason);
      if (verdict === true || isReason(error, reason, test)) {
        found = true;
        break;
      }
      const members = membersOf(error);
      if (members !== undefined) {
        if (members.length === 0) return fail(link, reason);
        if (depth > 0) work += members.length; // a single group may have any size, but a getter could return groups without end
        for (const member of members) pending.push({ error: member, test, depth: depth + 1, from: link });
        break;
      }
      if (test === SHAPED && reason !== undefined && hasAbortShape(error)) {
        found = true;
        break;
      }
      link = { error: causeOf(error), test: test === SHAPED ? CAUSED : test, depth: depth + 1, from: link };
    }
  }
  if (found)
    seen.forEach((links, test) => {
      remember(reason, links.keys(), test, deepest, true);
    });
  return found;
}

/** Whether an error is a reason that the test accepts. */
function isReason(error: object, reason: CancelledError | undefined, test: Test): boolean {
  if (reason === undefined) return isCancelledError(error);
  return error === reason || (test !== BY_REASON && error === signalReasonOf(reason));
}

/** Remembers that everything that led to this error is a failure, and returns false. */
function fail(culprit: Link, reason: CancelledError | undefined): false {
  const { depth } = culprit;
  for (let link: Link | undefined = culprit; link !== undefined; link = link.from) {
    if (typeof link.error === "object" && link.error !== null) remember(reason, [link.error], link.test, depth, false);
  }
  return false;
}

/** Whether the error contains a `CancelledError` of another scope, among its members or in their causes (S14). */
export function containsForeignCancellation(root: unknown, own: CancelledError): boolean {
  const pending: unknown[] = [root];
  const seen = new Set<unknown>();
  for (let work = 0; pending.length > 0 && work <= MOST_LINKS; work++) {
    const error = pending.pop();
    if (typeof error !== "object" || error === null || error === own || seen.has(error)) continue;
    if (isCancelledError(error) && read(error, "scope") !== own.scope) return true;
    seen.add(error);
    const members = membersOf(error);
    if (members === undefined) pending.push(causeOf(error));
    else for (const member of members) pending.push(member);
    if (error !== root) work += members?.length ?? 0;
  }
  return false;
}
