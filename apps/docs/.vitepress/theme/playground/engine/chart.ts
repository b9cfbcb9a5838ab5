import { type Lane, lanesOf, type Segment } from "./lanes.js";
import type { Recording } from "./record.js";
import { taskNames, type Workload } from "./workload.js";

/** A bar of the chart. */
export interface Bar {
  readonly kind: Segment["kind"];
  readonly from: number;
  readonly to: number;
  /** Whether the caller already has control back, so that this work is not awaited. */
  readonly behind: boolean;
}

/** A line of the chart. */
export interface Row extends Omit<Lane, "segments"> {
  readonly bars: readonly Bar[];
}

/** An event that is drawn as a line across all rows. */
interface Mark {
  readonly at: number;
  readonly what: string;
}

/** The chart of a recording. */
export interface Chart {
  readonly rows: readonly Row[];
  readonly marks: readonly Mark[];
}

/** Makes the chart of a recording. */
export function chartOf({ events, outcome }: Recording, { tasks, timeout }: Workload): Chart {
  const marks = events.flatMap((event): Mark[] => (event.kind === "marked" ? [event] : []));
  if (timeout !== undefined) marks.push({ at: timeout, what: "time is up" });
  return {
    rows: lanesOf(events, taskNames.slice(0, tasks.length)).map(({ segments, ...lane }) => ({
      ...lane,
      bars: segments.flatMap((segment) => barsOf(segment, outcome.at)),
    })),
    marks,
  };
}

function barsOf({ kind, from, to }: Segment, backAt: number): Bar[] {
  const before = { kind, from, to: Math.min(to, backAt), behind: false };
  const after = { kind, from: Math.max(from, backAt), to, behind: true };
  return [before, after].filter((bar) => bar.to > bar.from);
}

/** A time axis up to `until`, with a number at every tick. */
export interface Axis {
  readonly until: number;
  readonly ticks: readonly number[];
}

/** An axis for all recordings, with about ten ticks at most. */
export function axisOf(recordings: readonly Pick<Recording, "end">[]): Axis {
  const end = Math.max(100, ...recordings.map(({ end }) => end));
  const distance = [10, 20, 50, 100, 200, 500, 1000].find((distance) => end / distance <= 10)!;
  const until = (Math.floor(end / distance) + 1) * distance; // with room for the signs at the end
  return { until, ticks: Array.from({ length: until / distance + 1 }, (_, i) => i * distance) };
}

/** The times at which something happens, in order, each once. */
export function timesOf(recordings: readonly Recording[]): number[] {
  const times = recordings.flatMap(({ events, end }) => events.map(({ at }) => at).filter((at) => at <= end));
  return [...new Set(times)].sort((a, b) => a - b);
}
