import { isEnd, isTaskEvent, type TaskEvent, type TraceEvent } from "./trace-event.js";

/** What a task does for some time. */
export interface Segment {
  readonly kind: "waiting" | "working" | "ignoring" | "cleaning";
  readonly from: number;
  readonly to: number;
}

/** The lifetime of one task. */
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

/** Combines events into lanes. Tasks that were never called wait until the caller has control back. */
export function lanesOf(events: readonly TraceEvent[], tasks: readonly string[]): Lane[] {
  const backAt = events.find(({ kind }) => kind === "back")?.at ?? 0;
  return tasks.map((task) => laneOf(task, events, backAt));
}

function laneOf(task: string, all: readonly TraceEvent[], backAt: number): Lane {
  const events = all.filter(isTaskEvent).filter((event) => event.task === task);
  const cancelledAt = events.find((event) => event.kind === "cancelled")?.at;
  const last = events.at(-1);
  if (last === undefined) {
    const segments = segmentsOf([{ kind: "waiting", from: 0 }], backAt);
    return { task, segments, cancelledAt, end: backAt, kind: "never started" };
  }
  if (!isEnd(last)) throw new Error(`expected task "${task}" to have ended, but nothing is left that could end it`);
  const begun: Begun[] = [{ kind: "waiting", from: 0 }];
  for (const { kind, at } of events) {
    const before = begun.at(-1)!.kind;
    const after = following(before, kind);
    if (after !== before) begun.push({ kind: after, from: at });
  }
  return { task, segments: segmentsOf(begun, last.at), cancelledAt, end: last.at, kind: last.kind };
}

type Begun = Omit<Segment, "to">;

/** What a task does after an event. A cancelled task runs on, unless an event of the same time says otherwise. */
function following(before: Segment["kind"], event: TaskEvent["kind"]): Segment["kind"] {
  if (event === "started") return "working";
  if (event === "cleaning") return "cleaning";
  return event === "cancelled" && before === "working" ? "ignoring" : before;
}

function segmentsOf(begun: readonly Begun[], end: number): Segment[] {
  return begun
    .map(({ kind, from }, i) => ({ kind, from, to: begun[i + 1]?.from ?? end }))
    .filter(({ from, to }) => to > from);
}
