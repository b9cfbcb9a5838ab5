import type { Recording } from "./contest.js";
import { findingsOf } from "./findings.js";
import type { Paint } from "./paint.js";

const nameWidth = 36;
const columnWidth = 8;

const heading = [
  ["back", "errors", "errors", "un-", "still"],
  ["after", "seen", "unseen", "handled", "running"],
];

/** A table with a line for each recording: when the caller had control back, and how much was lost. */
export function summaryOf(recordings: readonly Recording[], paint: Paint): string[] {
  return [
    paint("title", "At a glance"),
    ...heading.map((cells) => `  ${"".padEnd(nameWidth)}${cells.map(cell).join("")}`),
    ...recordings.map((recording) => lineOf(recording, paint)),
  ];
}

function lineOf(recording: Recording, paint: Paint): string {
  const { seen, unseen, unhandled, left } = findingsOf(recording);
  const losses = [unseen, unhandled, left].map(({ length }) => {
    return paint(length > 0 ? "bad" : "good", cell(String(length)));
  });
  return `  ${nameOf(recording).padEnd(nameWidth)}${cell(`${recording.outcome.at} ms`)}${cell(String(seen.length))}${losses.join("")}`;
}

function nameOf({ contestant, timeout }: Recording): string {
  return timeout === undefined ? contestant.name : `${contestant.name}, timeout`;
}

function cell(text: string): string {
  return text.padStart(columnWidth);
}
