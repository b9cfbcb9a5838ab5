import type { Lane } from "./lane.js";
import type { Paint, Style } from "./paint.js";

/** How far a line of the chart is from the left, and how wide the names are. */
export const labelWidth = 11;

/** One column of the chart, in milliseconds. */
const scale = 5;

/** Milliseconds from one number of the axis to the next. */
const tick = 50;

/** What the signs of a chart mean. */
export const legend: readonly string[] = [
  "├ starts   ─ works   ! notices that it is cancelled   ~ cleans up",
  "● returned   ○ ended, cancelled   × failed   │ the caller has control back",
  "· behind the caller's back: work that nobody waits for",
];

const endSigns: Readonly<Record<Lane["kind"], readonly [sign: string, style: Style]>> = {
  returned: ["●", "good"],
  cancelled: ["○", "odd"],
  failed: ["×", "bad"],
};

/** The numbers above the chart, up to a time. */
export function drawAxis(until: number): string {
  let axis = "";
  for (let time = 0; time <= until; time += tick) axis = axis.padEnd(time / scale) + String(time);
  return `${axis} ms`;
}

/** A line of the chart: the life of a task, and where its caller got control back. */
export function drawLane(lane: Lane, backAt: number, until: number, paint: Paint): string {
  const back = column(backAt) + 1;
  let line = "";
  for (let at = 0; at <= column(until) + 1; at++) {
    const [sign, style] = signAt(lane, at, back);
    line += style === undefined ? sign : paint(style, sign);
  }
  return line;
}

/** The line of the caller: from the start until it has control back. */
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
