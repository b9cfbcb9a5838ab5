/** How a program gave control back to its caller. */
export type Outcome =
  | { readonly at: number; readonly ok: true; readonly value: unknown }
  | { readonly at: number; readonly ok: false; readonly error: unknown };

/** Something that happened, and when. Events are in order, also those of one time. */
export type TraceEvent =
  | TaskEvent
  | { readonly at: number; readonly kind: "marked"; readonly what: string }
  | { readonly at: number; readonly kind: "told"; readonly task: string; readonly error: unknown }
  | { readonly at: number; readonly kind: "back"; readonly outcome: Outcome };

/**
 * What can be seen of a task.
 *
 * ```
 * started → cancelled? → cleaning? → returned | failed | stopped
 * ```
 *
 * It is cancelled when the signal that it was called with aborts; it has stopped if that is what it ended with.
 */
export interface TaskEvent {
  readonly at: number;
  readonly kind: "started" | "cancelled" | "cleaning" | "returned" | "failed" | "stopped";
  readonly task: string;
  /** What a task that failed or stopped threw. */
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

/** Whether an event is a task's. */
export function isTaskEvent(event: TraceEvent): event is TaskEvent {
  return event.kind !== "marked" && event.kind !== "told" && event.kind !== "back";
}
