import { legend } from "./chart.js";
import type { Recording } from "./contest.js";
import { type Paint, plain } from "./paint.js";
import { reportOf, words } from "./report.js";
import { summaryOf } from "./summary.js";
import { tasks } from "./workload.js";

/** Draws all recordings, each with what was lost, and a table of all at the end. */
export function renderComparison(recordings: readonly Recording[], paint: Paint): string[] {
  const until = Math.max(...recordings.flatMap(({ events }) => events.map(({ at }) => at)));
  const sections: Section[] = [];
  for (const recording of recordings) {
    const text = reportOf(recording, until, plain).join("\n");
    const twin = sections.find((section) => section.text === text);
    const name = nameOf(recording);
    sections.push({ name, title: titleOf(recording, paint), text, twin, lines: reportOf(recording, until, paint) });
  }
  return [
    ...introduction(paint),
    ...sections.flatMap((section) => ["", section.title, ...bodyOf(section)]),
    "",
    ...summaryOf(recordings, paint),
  ];
}

interface Section {
  readonly name: string;
  readonly title: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** An earlier section with the same text. */
  readonly twin: Section | undefined;
}

function introduction(paint: Paint): string[] {
  return [
    paint("title", "The same tasks, run in different ways"),
    "",
    ...tasks.map(({ name, description }) => `  ${name.padEnd(11)}${description}`),
    "",
    ...legend.map((line) => `  ${line}`),
    "",
    ...words.map(([word, meaning]) => `  ${word.padEnd(11)}${meaning}`),
  ];
}

function bodyOf({ lines, twin }: Section): readonly string[] {
  return twin === undefined ? lines : [`  The same, line for line, as ${twin.name}.`];
}

/** The purpose of a contestant is printed once, where it runs without a timeout. */
function titleOf(recording: Recording, paint: Paint): string {
  const title = paint("title", nameOf(recording));
  return recording.timeout === undefined ? title + paint("faint", `: ${recording.contestant.description}`) : title;
}

function nameOf({ contestant, timeout }: Recording): string {
  return timeout === undefined ? contestant.name : `${contestant.name}, in a timeout of ${timeout} ms`;
}
