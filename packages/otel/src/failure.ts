import { type Exception, type Span, SpanStatusCode } from "@opentelemetry/api";
import { format } from "@selvage/scope";
import { escapeText, read } from "@selvage/scope/internal";
import { membersOf } from "@selvage/scope/lowlevel";
import { guard } from "./guard.js";

/*
 * How a failure is recorded. Any value can be thrown, so every text is read without running code of the value where that is possible, is escaped, and
 * is bounded. Lone surrogates are escaped too, because some collectors refuse a whole batch that contains one.
 */

/** The maximum length of a message. */
const LONGEST_MESSAGE = 1_000;
/** The maximum length of a stack trace, with the causes and members below it. */
const LONGEST_STACK = 20_000;
/** How many leaves of a group are recorded. */
const MOST_LEAVES = 8;
/** How many values are looked at to find the leaves of a group, which may contain itself. */
const MOST_VALUES = 100;

/** Sets the status of a span to error, and records the error. Of a group, the leaves are recorded too. */
export function recordFailure(span: Span, error: unknown): void {
  const name = nameOf(error);
  guard(() => span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) }));
  guard(() => span.setAttribute("error.type", name));
  guard(() => {
    span.recordException(exceptionOf(error));
  });
  for (const leaf of leavesOf(error)) {
    guard(() => {
      span.recordException(exceptionOf(leaf));
    });
  }
}

/** Prints an error in one line: `TypeError: no such user`. */
export function titleOf(error: unknown): string {
  return isErrorLike(error) ? `${nameOf(error)}: ${messageOf(error)}` : messageOf(error);
}

function exceptionOf(error: unknown): Exception {
  const printed = format(error, { color: false, maxDepth: 10, maxMembers: 20 });
  const stack = printed.length > LONGEST_STACK ? `${printed.slice(0, LONGEST_STACK)}\n…` : printed;
  return { name: nameOf(error), message: messageOf(error), stack };
}

/** The class of an error: its own `name`, or else the type of the value. */
function nameOf(error: unknown): string {
  if (!isErrorLike(error)) return error === null ? "null" : typeof error;
  const name = read(error, "name");
  return typeof name === "string" && name !== "" ? escapeText(name, 100) : "Error";
}

function messageOf(error: unknown): string {
  const message = isErrorLike(error) ? read(error, "message") : undefined;
  if (typeof message === "string") return escapeText(message, LONGEST_MESSAGE);
  return escapeText(format(error, { color: false, maxDepth: 0 }), LONGEST_MESSAGE);
}

/** Whether a value has the message of an error. */
function isErrorLike(error: unknown): boolean {
  return typeof error === "object" && error !== null && typeof read(error, "message") === "string";
}

/** Returns the first leaves of a group, each once, in order; nothing for an error that is not a group. */
function leavesOf(error: unknown): readonly unknown[] {
  const members = membersOf(error);
  if (members === undefined) return [];
  const leaves: unknown[] = [];
  const seen = new Set<unknown>([error]);
  const rest = members.slice(0, MOST_VALUES).reverse();
  while (rest.length > 0 && leaves.length < MOST_LEAVES && seen.size < MOST_VALUES) {
    const value = rest.pop();
    if (seen.has(value)) continue;
    seen.add(value);
    const below = membersOf(value);
    if (below === undefined) leaves.push(value);
    else rest.push(...below.slice(0, MOST_VALUES).reverse());
  }
  return leaves;
}
