import type { Attributes } from "@opentelemetry/api";
import type { CancelledError } from "@selvage/scope";
import { escapeText, isSignalScope, kindOf, quoteName } from "@selvage/scope/internal";
import { titleOf } from "./failure.js";

/** The maximum length of a reason. */
const LONGEST = 500;

/** Says who was cancelled and why: `TaskGroup "page"`, and the reason that was given, the error of the failed task, or the deadline. */
export function cancellationAttributes(reason: CancelledError): Attributes {
  const { scope, cause, deadline } = reason;
  const by = { "selvage.cancelled.by": whoIs(scope) };
  if (deadline !== undefined) return { ...by, "selvage.cancelled.reason": "the deadline passed" };
  if (cause === undefined) return by; // no reason was given
  const why = typeof cause === "string" ? cause : titleOf(cause);
  return { ...by, "selvage.cancelled.reason": escapeText(why, LONGEST) };
}

function whoIs(scope: CancelledError["scope"]): string {
  const { name } = scope;
  if (isSignalScope(scope)) return "AbortSignal";
  return name === undefined ? kindOf(scope) : `${kindOf(scope)} ${quoteName(name)}`;
}
