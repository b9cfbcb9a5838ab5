import { leaves } from "@selvage/exception-group";
import type { Recording } from "./contest.js";
import { type Lane, lanesOf } from "./lane.js";

/** The findings of a recording: which errors were seen, and what was lost. */
export interface Findings {
  readonly lanes: readonly Lane[];
  /** Failed tasks whose error reached the caller or the error handler. */
  readonly seen: readonly Lane[];
  /** Failed tasks whose error was lost. */
  readonly unseen: readonly Lane[];
  /** Tasks that returned, but whose results the caller did not get. Empty if the caller got an error instead of results. */
  readonly unread: readonly Lane[];
  /** Tasks that ended with an unhandled rejection. */
  readonly unhandled: readonly Lane[];
  /** Tasks that had not ended when the caller got control back. */
  readonly left: readonly Lane[];
}

/** Finds what was lost. */
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

/** Whether a value is an item of a result list, as `Promise.allSettled` makes it. */
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
