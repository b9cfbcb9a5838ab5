import { membersOf } from "./aggregate.js";
import { read } from "../support/brand.js";
import { isCancelledError } from "./cancelled-error.js";

/** A property of an error: the group that `setContext` made its cause. Registered, so that every copy of the package finds it (D2). */
const CONTEXT = Symbol.for("@selvage/scope/context");

/** The most errors that a walk visits, because a getter can extend a chain or a group without end. */
export const MOST_LINKS = 250_000;

/**
 * Makes the group that was being handled the `cause` of an error that its handler threw, as Python sets `__context__` (E5).
 *
 * Sets nothing unless the error is an extensible `Error` without its own `cause`, is neither a `CancelledError` nor a group,
 * and does not occur in the group. `isCancellation` does not follow a cause that was set here. Never throws.
 *
 * @example
 * ```ts
 * import { ExceptionGroup } from "@selvage/scope";
 * import { setContext } from "@selvage/scope/internal";
 *
 * const handled = new ExceptionGroup("two failures", [new Error("a"), new Error("b")]);
 * const error = new TypeError("the handler failed");
 * setContext(error, handled);
 * console.assert(error.cause === handled);
 * ```
 */
export function setContext(error: unknown, group: unknown): void {
  try {
    if (!isError(error) || !Object.isExtensible(error) || Object.hasOwn(error, "cause")) return;
    if (isCancelledError(error) || isGroup(error) || occursIn(error, group)) return;
    Object.defineProperty(error, CONTEXT, { value: group, configurable: true });
    Object.defineProperty(error, "cause", { value: group, writable: true, configurable: true });
  } catch {
    // An error that throws here, such as a proxy, is left unchanged.
  }
}

/** Returns the cause of an error; `undefined` if that is only the context set by {@link setContext} (E5). Never throws. */
export function causeOf(error: object): unknown {
  const cause = read(error, "cause");
  return cause !== undefined && cause === read(error, CONTEXT) ? undefined : cause;
}

/** Whether a value is an `Error`, also one from another realm. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

/** Whether an error is a group, including an `AggregateError` without members. */
function isGroup(error: Error): boolean {
  return error instanceof AggregateError || membersOf(error) !== undefined;
}

/** Whether the error is a member or a cause anywhere in the group. Also true if the group is too large to search, because then it may occur. */
function occursIn(error: object, group: unknown): boolean {
  const pending = [group];
  const seen = new Set<unknown>();
  let links = 0;
  while (pending.length > 0) {
    const next = pending.pop();
    if (next === error) return true;
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    const members = membersOf(next) ?? [];
    links += 1 + members.length;
    if (links > MOST_LINKS) return true;
    for (const member of members) pending.push(member);
    pending.push(read(next, "cause"));
  }
  return false;
}
