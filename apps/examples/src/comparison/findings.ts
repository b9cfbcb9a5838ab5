import { leaves } from "@selvage/exception-group";
import type { Recording } from "./contest.js";
import { type Lane, lanesOf } from "./lane.js";

/** What a recording comes to: who was heard, and what was lost. */
export interface Findings {
  readonly lanes: readonly Lane[];
  /** Failed, and the caller or the error handler has the error. */
  readonly seen: readonly Lane[];
  /** Failed, and nobody has the error. */
  readonly unseen: readonly Lane[];
  /** Returned, but their results are not in what the caller got. Empty where the caller got an error in place of results. */
  readonly unread: readonly Lane[];
  /** Ended by a rejection that nobody handled. */
  readonly unhandled: readonly Lane[];
  /** Had not ended when the caller was given control back. */
  readonly left: readonly Lane[];
}

/** Works out what was lost. */
export function findingsOf({ events, outcome, handled, unhandled }: Recording): Findings {
  const lanes = lanesOf(events);
  const seenErrors = new Set([...handled, ...(outcome.ok ? errorsIn(outcome.value) : leaves(outcome.error))]);
  const unhandledTasks = new Set(unhandled.map(({ task }) => task));
  const failed = lanes.filter(({ kind }) => kind === "failed");
  return {
    lanes,
    seen: failed.filter(({ error }) => seenErrors.has(error)),
    unseen: failed.filter(({ task, error }) => !seenErrors.has(error) && !unhandledTasks.has(task)),
    unread: outcome.ok ? lanes.filter(({ kind, task }) => kind === "returned" && !isIn(outcome.value, task)) : [],
    unhandled: lanes.filter(({ task }) => unhandledTasks.has(task)),
    left: lanes.filter(({ end }) => end > outcome.at),
  };
}

/** One line of a result list, as `Promise.allSettled` makes it. */
export function isSettled(value: unknown): value is PromiseSettledResult<unknown> {
  return typeof value === "object" && value !== null && "status" in value;
}

function errorsIn(value: unknown): unknown[] {
  return list(value).flatMap((item) => (isSettled(item) && item.status === "rejected" ? [item.reason as unknown] : []));
}

/** Whether a value is, or contains, what a task returned: its name. */
function isIn(value: unknown, task: string): boolean {
  return list(value).some((item) =>
    isSettled(item) ? item.status === "fulfilled" && item.value === task : item === task,
  );
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}
