import { describeValue } from "../trace.js";
import type { Scope } from "./tree.js";

/** Something that is thrown. Two faults are the same if and only if they are one object. */
export type Fault =
  | { readonly kind: "error"; readonly id: number }
  | { readonly kind: "timeout"; readonly id: number }
  | { readonly kind: "group"; readonly members: readonly Fault[] }
  /** A `RestartLimitError`: the failure of a task over its restart limit, with the error of its last run. */
  | { readonly kind: "restarts"; readonly id: number; readonly cause: Fault | undefined }
  | { readonly kind: "closed" }
  /** An `InvalidStateError`. */
  | { readonly kind: "invalid" }
  /** An `AbortError` of the platform. */
  | { readonly kind: "abort" }
  | Cancellation;

/** One cancellation, shared by everything that it reaches (S7). */
export interface Cancellation {
  readonly kind: "cancelled";
  readonly owner: Scope;
  readonly cause: Fault | string | undefined;
  /** The deadline that passed, if one did. */
  readonly deadline: number | undefined;
}

/** The outcome of a function, a wait or a task. */
export type Outcome = { readonly value: unknown } | { readonly fault: Fault };

/** The interpreter throws this for an error of the program. */
export class Thrown extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(textOf(fault));
    this.fault = fault;
  }
}

/** The short form of the fault, equal to `describeError` of the error itself. */
export function textOf(fault: Fault): string {
  switch (fault.kind) {
    case "error":
      return `E${fault.id}`;
    case "timeout":
      return `T${fault.id}`;
    case "group":
      return `G[${fault.members.map(textOf).join(" ")}]`;
    case "restarts":
      return `L${fault.id}(${fault.cause === undefined ? "" : textOf(fault.cause)})`;
    case "closed":
      return "Closed";
    case "invalid":
      return "InvalidState";
    case "abort":
      return "Abort";
    case "cancelled": {
      const { owner, cause, deadline } = fault;
      if (deadline !== undefined) return `C${owner.name}(at ${deadline})`;
      return `C${owner.name}(${typeof cause === "object" ? textOf(cause) : String(cause)})`;
    }
  }
}

export function textOfOutcome(outcome: Outcome): string {
  if ("fault" in outcome) return `! ${textOf(outcome.fault)}`;
  return `= ${describeValue(outcome.value)}`;
}

/** S15, with the scope's reason: every `CancelledError` has the shape of an abort, whatever its owner. A timeout is a failure. */
export function isCancellation(fault: Fault, reason: Cancellation | undefined): boolean {
  if (reason === undefined) return false;
  if (fault.kind === "group") return fault.members.every((member) => isCancellation(member, reason));
  if (fault.kind === "restarts") return hasCause(fault, reason);
  return fault.kind === "cancelled" || fault.kind === "abort";
}

/** Whether a fault is in the chain of causes of another. */
function hasCause(fault: Fault, wanted: Fault): boolean {
  if (!("cause" in fault) || typeof fault.cause !== "object") return false;
  return fault.cause === wanted || hasCause(fault.cause, wanted);
}

/** S14: whether the fault contains the cancellation of a scope other than `own`. */
export function containsForeign(fault: Fault, own: Scope): boolean {
  if (fault.kind === "group") return fault.members.some((member) => containsForeign(member, own));
  return fault.kind === "cancelled" && fault.owner !== own;
}
