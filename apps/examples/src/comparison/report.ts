import { format } from "@selvage/exception-group";
import { drawAxis, drawCaller, drawLane, labelWidth } from "./chart.js";
import type { Recording } from "./contest.js";
import { type Findings, findingsOf, isSettled } from "./findings.js";
import type { Lane } from "./lane.js";
import type { Paint } from "./paint.js";

const width = 80;
const indent = "  ";

/** The meanings of the words below a chart. */
export const words: readonly (readonly [word: string, meaning: string])[] = [
  ["saw", "what the caller got"],
  ["handler", "errors that its error handler received"],
  ["unread", "results that were lost"],
  ["unseen", "errors that were lost"],
  ["unhandled", "unhandled rejections, for which Node ends the process"],
  ["running", "tasks that had not ended when the caller had control back"],
];

/** Draws one recording: its chart, then what the caller saw, then what was lost. No line is wider than 80 columns. */
export function reportOf(recording: Recording, until: number, paint: Paint): string[] {
  const findings = findingsOf(recording);
  return [...chartOf(recording, findings, until, paint), ...outcomeOf(recording), ...lossesOf(findings, paint)];
}

function chartOf({ outcome }: Recording, findings: Findings, until: number, paint: Paint): string[] {
  const lanes = findings.lanes.map((lane) => {
    const end = describeEnd(lane, findings);
    return `${label(lane.task)}${drawLane(lane, outcome.at, until, paint)}  ${paint(end === lane.kind ? "faint" : "bad", end)}`;
  });
  return [
    paint("faint", label("") + drawAxis(until)),
    ...lanes,
    `${label("caller")}${drawCaller(outcome.at, paint)} back after ${outcome.at} ms`,
  ];
}

function describeEnd(lane: Lane, { unseen, unhandled }: Findings): string {
  if (unhandled.includes(lane)) return `${lane.kind}, unhandled`;
  return unseen.includes(lane) ? `${lane.kind}, unseen` : lane.kind;
}

function outcomeOf({ outcome, handled }: Recording): string[] {
  const lines = outcome.ok
    ? paragraph("saw", itemsOf(outcome.value))
    : tree(outcome.error).map((line, i) => label(i === 0 ? "saw" : "") + line);
  return handled.length === 0 ? lines : [...lines, ...paragraph("handler", handled.map(title))];
}

function lossesOf({ unread, unseen, unhandled, left }: Findings, paint: Paint): string[] {
  const lost = [
    ...paragraph("unread", names(unread)),
    ...paragraph(
      "unseen",
      unseen.map(({ task, error }) => `${task}: ${title(error)}`),
    ),
    ...paragraph(
      "unhandled",
      unhandled.map(({ task, error }) => `${task}: ${title(error)}`),
    ),
    ...paragraph("running", names(left)),
  ];
  return lost.length === 0 ? [label("lost") + paint("good", "nothing")] : lost.map((line) => paint("bad", line));
}

function names(lanes: readonly Lane[]): string[] {
  return lanes.map(({ task }) => task);
}

function itemsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [String(value)];
  return value.map((item: unknown) => {
    if (!isSettled(item)) return String(item);
    return item.status === "fulfilled" ? String(item.value) : title(item.reason);
  });
}

function title(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** The error as `format` draws it, without the stack, which is of no interest here. */
function tree(error: unknown): string[] {
  return format(error, { color: false })
    .split("\n")
    .filter((line) => !/^[ │]*at /.test(line))
    .flatMap(wrap);
}

/** The width of the text beside a label. */
const WIDEST = 67;

/** Breaks a line of the tree at blanks if it is too wide. */
function wrap(line: string): string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > WIDEST) {
    const end = rest.lastIndexOf(" ", WIDEST);
    lines.push(rest.slice(0, end));
    rest = `  ${rest.slice(end + 1)}`;
  }
  return [...lines, rest];
}

/** The items in as many lines as they need; no line if there are no items. */
function paragraph(name: string, items: readonly string[]): string[] {
  const lines: string[] = [];
  for (const [i, item] of items.entries()) {
    const text = i === items.length - 1 ? item : `${item}, `;
    const last = lines.at(-1);
    if (last !== undefined && (last + text).trimEnd().length <= width) lines[lines.length - 1] = last + text;
    else lines.push(label(lines.length === 0 ? name : "") + text);
  }
  return lines.map((line) => line.trimEnd());
}

function label(name: string): string {
  return indent + name.padEnd(labelWidth);
}
