import { formatFigure, formatNumber } from "./format-figure.js";
import type { Check, Verdict } from "./judge.js";
import { titleOf } from "./participants.js";

/** The cells of a goal: its text; reached or missed; how far, or where it was missed: everywhere, or only the worst if there are more than `most`. */
export function renderVerdict({ goal, checks }: Verdict, most: number): string {
  if (checks.length === 0) return `${goal.text} | not measured |  `;
  const missed = checks.filter(({ reached }) => !reached);
  if (missed.length === 0) return `${goal.text} | reached | at worst ${renderCheck(worst(checks))}`;
  const where =
    missed.length > most
      ? `in ${missed.length} comparisons, at worst ${renderCheck(worst(missed))}`
      : missed.map(renderCheck).join("; ");
  return `${goal.text} | **missed** | ${where}`;
}

/** What could not be measured is the worst; then, what is furthest from the goal. */
function worst(checks: readonly Check[]): Check {
  return checks.reduce((one, other) => ((other.measured ?? Infinity) > (one.measured ?? Infinity) ? other : one));
}

function renderCheck(check: Check): string {
  const { of, measured } = check;
  const title = titleOf(of);
  if (measured === undefined) return `${title}, ${titleOfCase(check, 0)}: failed`;
  if (check.to !== undefined) {
    // A mean has no single case.
    const what = check.results.length > 1 ? title : `${title}, ${titleOfCase(check, 0)}`;
    return `${what}: ${formatNumber(measured)} of ${titleOf(check.to)}${processorTimes(check, formatNumber)}`;
  }
  if (check.results.length > 1) {
    const times = `${formatNumber(measured)} times ${titleOfCase(check, 0)}`;
    return `${title}, ${titleOfCase(check, -1)}: ${times}${processorTimes(check, formatNumber)}`;
  }
  const { unit } = check.results[0]!.measured;
  const format = (figure: number): string => formatFigure(figure, unit);
  return `${title}, ${titleOfCase(check, 0)}: ${format(measured)}${processorTimes(check, format)}`;
}

function titleOfCase({ results }: Check, index: number): string {
  return results.at(index)!.measured.title;
}

function processorTimes({ thread, process }: Check, format: (figure: number) => string): string {
  if (process === undefined) return "";
  return ` (${thread === undefined ? "–" : format(thread)} / ${format(process)})`;
}
