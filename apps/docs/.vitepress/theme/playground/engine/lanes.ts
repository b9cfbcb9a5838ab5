import { isEnd, isTaskEvent, type TraceEvent } from "./trace-event.js";

/** What a task does for a while. */
export interface Segment {
  readonly kind: "waiting" | "working" | "ignoring" | "cleaning";
  readonly from: number;
  readonly to: number;
}

/** The life of one task. */
export interface Lane {
  readonly task: string;
  /** One after another, without gaps. */
  readonly segments: readonly Segment[];
  /** When it was cancelled; `undefined` if it never was. */
  readonly cancelledAt: number | undefined;
  readonly end: number;
  /** How it ended; it may never have been called. */
  readonly kind: "returned" | "failed" | "stopped" | "never started";
}

/** Puts events together to the lives of tasks. Those that were never called wait until the caller has control back. */
export function lanesOf(events: readonly TraceEvent[], tasks: readonly string[]): Lane[] {
  const backAt = events.find(({ kind }) => kind === "back")?.at ?? 0;
  return tasks.map((task) => laneOf(task, events, backAt));
}

function laneOf(task: string, all: readonly TraceEvent[], backAt: number): Lane {
  const events = all.filter(isTaskEvent).filter((event) => event.task === task);
  const segments: Segment[] = [];
  let kind: Segment["kind"] = "waiting";
  let from = 0;
  const next = (to: number, following: Segment["kind"]): void => {
    if (to > from) segments.push({ kind, from, to });
    kind = following;
    from = to;
  };
  for (const event of events) {
    if (event.kind === "started") next(event.at, "working");
    // It goes on as if nothing had happened, unless the next event of the same time says otherwise.
    else if (event.kind === "cancelled") next(event.at, kind === "cleaning" ? "cleaning" : "ignoring");
    else next(event.at, "cleaning");
  }
  const last = events.at(-1);
  const cancelledAt = events.find((event) => event.kind === "cancelled")?.at;
  if (last === undefined) {
    next(backAt, kind);
    return { task, segments, cancelledAt, end: backAt, kind: "never started" };
  }
  if (!isEnd(last)) throw new Error(`expected task "${task}" to have ended, but nothing is left that could end it`);
  return { task, segments, cancelledAt, end: last.at, kind: last.kind as "returned" | "failed" | "stopped" };
}
