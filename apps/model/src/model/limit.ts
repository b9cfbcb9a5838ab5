import type { Statement } from "../program.js";
import { type Cancellation, containsForeign, isCancellation, type Outcome } from "./fault.js";
import type { Scope } from "./tree.js";

export type Limit = Extract<Statement, { do: "scope" | "timeout" | "moveOnAfter" }>;

/** The outcome of a scope's run or of a timeout whose body has ended while the scope had the given reason. */
export function judge(
  { do: kind, id }: Limit,
  ended: Outcome,
  scope: Scope,
  reason: Cancellation | undefined,
): { outcome: Outcome; flags: string } {
  const expired = kind !== "scope" && hasExpired(scope) ? " expired" : "";
  if ("value" in ended || reason === undefined || !isCancellation(ended.fault, reason)) {
    return { outcome: ended, flags: expired };
  }
  if (reason.owner !== scope) return { outcome: { fault: reason }, flags: expired }; // the cancellation of an outer owner
  if (containsForeign(ended.fault, scope)) return { outcome: ended, flags: expired };
  const flags = `${expired} caught`;
  if (kind !== "scope" && reason.deadline === undefined) return { outcome: { fault: reason }, flags }; // O4
  if (kind === "timeout") return { outcome: { fault: { kind: "timeout", id } }, flags };
  return { outcome: { value: undefined }, flags };
}

/** O3: its own deadline was not later than the one that cancelled the scope. */
function hasExpired(scope: Scope): boolean {
  const { reason } = scope;
  return reason?.deadline !== undefined && (reason.owner === scope || scope.deadline <= reason.deadline);
}
