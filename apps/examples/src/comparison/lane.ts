import type { TaskEvent } from "./recorder.js";

/** The lifetime of one task: a line of the chart. */
export interface Lane {
  readonly task: string;
  readonly start: number;
  /** When it noticed that it was cancelled; `undefined` if it never did. */
  readonly noticed: number | undefined;
  readonly end: number;
  readonly kind: "returned" | "failed" | "cancelled";
  /** What it threw, if it did not return. */
  readonly error: unknown;
}

/** Combines events into lanes, in the order in which the tasks started. */
export function lanesOf(events: readonly TaskEvent[]): Lane[] {
  return events.filter(({ kind }) => kind === "started").map(({ task, at }) => laneOf(task, at, events));
}

function laneOf(task: string, start: number, all: readonly TaskEvent[]): Lane {
  const events = all.filter((event) => event.task === task);
  const end = events.at(-1);
  if (end === undefined || end.kind === "started" || end.kind === "noticed") {
    throw new Error(`expected task "${task}" to have ended, but nothing is left that could end it`);
  }
  const noticed = events.find(({ kind }) => kind === "noticed")?.at;
  return { task, start, noticed, end: end.at, kind: end.kind, error: end.error };
}
