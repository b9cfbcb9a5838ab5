import { leaves } from "@selvage/exception-group";
import type { Recording } from "./record.js";
import { isEnd, isTaskEvent } from "./trace-event.js";

/** The findings of a recording: the tasks that ran on after the caller had control back, and those whose error was lost. */
export interface Findings {
  /** Tasks that had not ended when the caller had control back. */
  readonly left: readonly string[];
  /** Failed tasks whose error reached neither the caller nor an error handler. */
  readonly lost: readonly string[];
}

/** Finds what was left running, and what was lost. */
export function findingsOf({ events, outcome }: Recording): Findings {
  const reported = events.flatMap((event) => (event.kind === "reported" ? [event.error] : []));
  const known = new Set([...reported, ...(outcome.ok ? reasonsIn(outcome.value) : leaves(outcome.error))]);
  const back = events.findIndex(({ kind }) => kind === "back");
  const tasks = events.filter(isTaskEvent);
  const started = new Set(tasks.map(({ task }) => task));
  const over = new Set(
    events
      .slice(0, back)
      .filter(isEnd)
      .filter(isTaskEvent)
      .map(({ task }) => task),
  );
  return {
    left: [...started].filter((task) => !over.has(task)),
    lost: tasks.filter(({ kind, error }) => kind === "failed" && !known.has(error)).map(({ task }) => task),
  };
}

/** The reasons in a list of results, as `Promise.allSettled` makes it. */
function reasonsIn(value: unknown): unknown[] {
  if (!Array.isArray(value)) return [];
  const results = value as readonly (Partial<PromiseRejectedResult> | null | undefined)[];
  return results.filter((result) => result?.status === "rejected").map((result): unknown => result!.reason);
}
