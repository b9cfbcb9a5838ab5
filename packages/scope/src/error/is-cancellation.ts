import { hasAbortShape } from "./abort-shape.js";
import { membersOf } from "./aggregate.js";
import { hasBrand, read } from "../support/brand.js";
import type { CancelScope } from "../cancel-scope.js";
import { type CancelledError, isCancelledError, signalReasonOf } from "./cancelled-error.js";
import { causeOf, MOST_LINKS } from "./error-context.js";
import { describeValue } from "../support/arguments.js";
import { remember, remembered } from "./verdicts.js";

/** The brand of `TimeoutError`, which is a failure although a cancellation is its cause (O2). */
export const TIMEOUT_ERROR = "@selvage/timeout/TimeoutError";

/**
 * Tells cancellation from failure: the one classifier that every primitive uses (S15).
 *
 * Without `scope`, it returns true if the error is a `CancelledError`, has one in its `cause` chain, or is an aggregate of nothing
 * else. With `scope`, it returns true if the scope is cancelled and the error is its `reason`, has that reason in its `cause`
 * chain, has a shape in which the platform or a common client rejects when it is cancelled (`AbortError`, `ABORT_ERR`,
 * `ERR_CANCELED`, `ECONNRESET` with the message "aborted", PostgreSQL's 57014 …), or is an aggregate of nothing else. Where an
 * `AbortSignal` cancelled the scope, the signal's own reason counts, too.
 *
 * Aggregates and `SuppressedError`s are classified by their members only; an empty one is a failure. A `TimeoutError` is a failure,
 * whatever its cause. Cyclic, endless and very deep errors are fine, and no error makes it throw. Beyond 8 levels, what an earlier
 * call has found out about an error is not examined again, so that a check at every level of a deep tree stays linear.
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

/** Whether every part of an error has this very reason in its `cause` chain, so that no shape is needed to accept it. */
export function isMadeOfReason(error: unknown, reason: CancelledError): boolean {
  return isMadeOf(error, reason, BY_REASON);
}

/** What makes a link fine: at the head of a chain a shape, too; among the causes the reason and its signal's; or the reason alone. */
const SHAPED = 0;
const CAUSED = 1;
const BY_REASON = 2;
type Test = typeof SHAPED | typeof CAUSED | typeof BY_REASON;

/** One error on the way from the root; `from` is the group or the error that led to it. */
interface Link {
  readonly error: unknown;
  readonly test: Test;
  readonly depth: number;
  readonly from: Link | undefined;
}

/**
 * Whether every leaf passes the test, or has a cause that passes it. Iterative, and each link is examined once, because errors may
 * be 100,000 deep, cyclic, or shared.
 */
function isMadeOf(root: unknown, reason: CancelledError | undefined, rootTest: Test): boolean {
  // By test: what is fine as a member may not be fine as a cause. The number is that of the chain that led to the link.
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
      if (verdict === false || earlier === chain) return fail(link, reason); // known, or a cycle of causes
      if (verdict === undefined && earlier !== undefined) break; // examined when another chain led to it
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
        if (depth > 0) work += members.length; // one group may have any size; a getter may answer with group after group
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

function isReason(error: object, reason: CancelledError | undefined, test: Test): boolean {
  if (reason === undefined) return isCancelledError(error);
  return error === reason || (test !== BY_REASON && error === signalReasonOf(reason));
}

/** Remembers that whatever led to this link is a failure, and says so. */
function fail(culprit: Link, reason: CancelledError | undefined): false {
  const { depth } = culprit;
  for (let link: Link | undefined = culprit; link !== undefined; link = link.from) {
    if (typeof link.error === "object" && link.error !== null) remember(reason, [link.error], link.test, depth, false);
  }
  return false;
}

/** Whether a `CancelledError` of another scope is anywhere in the error: among its members or in their causes (S14). */
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
