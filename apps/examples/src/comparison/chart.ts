import type { Lane } from "./lane.js";
import type { Paint, Style } from "./paint.js";

/** The width of the names, to the left of the chart. */
export const labelWidth = 11;

/** One column of the chart, in milliseconds. */
const scale = 5;

/** The distance between two numbers of the axis, in milliseconds. */
const tick = 50;

/** The meanings of the signs in a chart. */
export const legend: readonly string[] = [
  "├ starts   ─ works   ! notices that it is cancelled   ~ cleans up",
  "● returned   ○ ended, cancelled   × failed   │ the caller has control back",
  "· work that still runs after the caller has control back",
];

const endSigns: Readonly<Record<Lane["kind"], readonly [sign: string, style: Style]>> = {
  returned: ["●", "good"],
  cancelled: ["○", "odd"],
  failed: ["×", "bad"],
};

/** Draws the numbers above the chart, up to a time. */
export function drawAxis(until: number): string {
  let axis = "";
  for (let time = 0; time <= until; time += tick) axis = axis.padEnd(time / scale) + String(time);
  return `${axis} ms`;
}

/** Draws a line of the chart: the lifetime of a task, and when its caller got control back. */
export function drawLane(lane: Lane, backAt: number, until: number, paint: Paint): string {
  const back = column(backAt) + 1;
  let line = "";
  for (let at = 0; at <= column(until) + 1; at++) {
    const [sign, style] = signAt(lane, at, back);
    line += style === undefined ? sign : paint(style, sign);
  }
  return line;
}

/** Draws the line of the caller: from the start until it has control back. */
export function drawCaller(backAt: number, paint: Paint): string {
  return paint("title", " ".repeat(column(backAt) + 1) + "╵");
}

function signAt(lane: Lane, at: number, back: number): readonly [sign: string, style?: Style] {
  const end = column(lane.end);
  if (at === end) return endSigns[lane.kind];
  const isAlive = at >= column(lane.start) && at < end;
  if (isAlive && at === column(lane.start)) return ["├"];
  const noticed = lane.noticed === undefined ? Infinity : column(lane.noticed);
  if (isAlive && at === noticed) return ["!", "odd"];
  if (at === back) return ["│", "title"];
  if (!isAlive) return [" "];
  if (at > back) return ["·", "bad"];
  return at > noticed ? ["~", "odd"] : ["─"];
}

function column(time: number): number {
  return Math.round(time / scale);
}
