/** How and when a program settled. */
export type Outcome =
  | { readonly at: number; readonly ok: true; readonly value: unknown }
  | { readonly at: number; readonly ok: false; readonly error: unknown };

/** An event with its time. Events are in order, also those of one time. */
export type TraceEvent =
  | TaskEvent
  | { readonly at: number; readonly kind: "marked"; readonly what: string }
  | { readonly at: number; readonly kind: "reported"; readonly task: string; readonly error: unknown }
  | { readonly at: number; readonly kind: "back"; readonly outcome: Outcome };

/**
 * An event of a task.
 *
 * ```
 * started → cancelled? → cleaning? → returned | failed | stopped
 * ```
 *
 * A task is cancelled when its signal aborts. It has stopped if it ended with that reason.
 */
export interface TaskEvent {
  readonly at: number;
  readonly kind: "started" | "cancelled" | "cleaning" | "returned" | "failed" | "stopped";
  readonly task: string;
  /** The error, if the task failed or stopped. */
  readonly error?: unknown;
}

/** The end of a task. */
export interface TaskEnd extends TaskEvent {
  readonly kind: "returned" | "failed" | "stopped";
}

/** Whether an event is the end of a task. */
export function isEnd(event: TraceEvent): event is TaskEnd {
  return event.kind === "returned" || event.kind === "failed" || event.kind === "stopped";
}

/** Whether an event belongs to a task. */
export function isTaskEvent(event: TraceEvent): event is TaskEvent {
  return event.kind !== "marked" && event.kind !== "reported" && event.kind !== "back";
}
