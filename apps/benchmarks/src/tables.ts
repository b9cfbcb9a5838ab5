import { type ClockName, type Figure, haveClock, numbersOf } from "./figure.js";
import { formatFigure, formatNumber } from "./format-figure.js";
import { participantsOf, titleOf } from "./participants.js";
import type { CaseResult } from "./runner.js";
import { ratios, summarise } from "./statistics.js";

/** A line for each contestant, a column for each case. */
export function renderTable(results: readonly CaseResult[], clock: ClockName): string {
  return table(results, participantsOf(results), (result, name) => cell(result, name, clock));
}

/** The same in processor time, of the cases that have one. */
export function renderProcessorTimes(all: readonly CaseResult[]): string[] {
  const results = all.filter(({ measured, figures }) => measured.unit === "ns" && figures.size > 0);
  if (results.length === 0) return [];
  return ["Processor time, main thread / process:", table(results, participantsOf(results), processorCell)];
}

function table(
  results: readonly CaseResult[],
  names: readonly string[],
  cellOf: (result: CaseResult, name: string) => string,
): string {
  return [
    `|   | ${results.map(({ measured }) => measured.title).join(" | ")} |`,
    `| --- | ${results.map(() => "---").join(" | ")} |`,
    ...names.map((name) => `| ${titleOf(name)} | ${results.map((result) => cellOf(result, name)).join(" | ")} |`),
  ].join("\n");
}

function cell({ measured: { unit, floor }, figures, failures }: CaseResult, name: string, clock: ClockName): string {
  if (failures.has(name)) return "failed";
  const own = figures.get(name);
  if (own === undefined) return "–";
  const figure = formatFigure(summarise(numbersOf(own, clock)).median, unit);
  const floorFigures = floor === undefined ? undefined : figures.get(floor);
  if (name === floor) return `1 = ${figure}`;
  if (floorFigures === undefined) return figure;
  const summary = summarise(ratios(numbersOf(own, clock), numbersOf(floorFigures, clock)));
  const ratio = formatNumber(summary.median);
  if (unit !== "ns") return `${figure} = ${ratio}`;
  if (summary.count === 1) return ratio;
  const rounds = Math.max(...[...figures.values()].map(({ length }) => length));
  const fewer = summary.count < rounds ? `, ${summary.count} rounds` : "";
  return `${ratio} (${formatNumber(summary.lowerQuartile)}–${formatNumber(summary.upperQuartile)}${fewer})`;
}

function processorCell({ measured: { unit, floor }, figures, failures }: CaseResult, name: string): string {
  const own = figures.get(name);
  if (own === undefined || failures.has(name)) return "–";
  const floorFigures = floor === undefined || name === floor ? undefined : figures.get(floor);
  const shown = (clock: "thread" | "process"): string => {
    if (!haveClock(own, clock)) return "–";
    if (floorFigures === undefined) return formatFigure(summarise(numbersOf(own, clock)).median, unit);
    return ratioOf(own, floorFigures, clock);
  };
  return `${shown("thread")} / ${shown("process")}`;
}

function ratioOf(own: readonly Figure[], floor: readonly Figure[], clock: "thread" | "process"): string {
  if (!haveClock(floor, clock)) return "–";
  return formatNumber(summarise(ratios(numbersOf(own, clock), numbersOf(floor, clock))).median);
}
