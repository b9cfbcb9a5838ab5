/** What was measured, as Markdown. */
import { contestants, foreigners } from "./contestants.js";
import { formatFigure, formatNumber } from "./figures.js";
import { judge, type Check, type Verdict } from "./goals.js";
import type { CaseResult } from "./runner.js";
import { ratios, summarise } from "./statistics.js";

/** Where and how it was measured. */
export interface Circumstances {
  readonly node: string;
  /** Others that took part and are no npm packages, with their versions. */
  readonly others: readonly string[];
  readonly absent: readonly string[];
  readonly machine: string;
  readonly rounds: number;
  readonly date: string;
}

/** The whole report. */
export function renderReport(results: readonly CaseResult[], circumstances: Circumstances): string {
  return [
    `# Benchmarks on Node ${circumstances.node}`,
    renderCircumstances(circumstances),
    legend,
    ...byScenario(results).map(renderScenario),
  ].join("\n\n");
}

/** What became of the goals, and the tables. */
export function renderSummary(results: readonly CaseResult[], circumstances: Circumstances): string {
  const scenarios = byScenario(results);
  const goals = scenarios.flatMap((own) =>
    judge(own).map((verdict) => `| ${own[0]!.scenario.id} | ${verdictCells(verdict, FEW)} |`),
  );
  const major = circumstances.node.split(".")[0]!;
  return [
    `### Node ${major}`,
    `${renderCircumstances(circumstances)} [Who failed, and each goal that was missed](results/node-${major}.md).`,
    ["|   | goal |   | measured |", "| --- | --- | --- | --- |", ...goals].join("\n"),
    legend,
    ...scenarios.flatMap((own) => [`**${titleOfScenario(own)}**`, renderTable(own)]),
  ].join("\n\n");
}

/** One scenario: its table, and what became of its goals. */
export function renderScenario(results: readonly CaseResult[]): string {
  const { about } = results[0]!.scenario;
  const goals = judge(results).map((verdict) => `| ${verdictCells(verdict)} |`);
  return [
    `## ${titleOfScenario(results)}`,
    about,
    renderTable(results),
    ["| goal |   | measured |", "| --- | --- | --- |", ...goals].join("\n"),
    ...renderFailures(results),
  ].join("\n\n");
}

function titleOfScenario([result]: readonly CaseResult[]): string {
  const { id, title } = result!.scenario;
  return `${id} · ${title}`;
}

const legend =
  "Figures without a unit are multiples of the floor: the median of the rounds, and in brackets the span of their middle half. " +
  "Less is better. Who needs more than a second for a round is measured in three, unless a goal is about it; who needs more than six, or more memory than 2 GB, has failed.";

function renderCircumstances({ node, others, absent, machine, rounds, date }: Circumstances): string {
  const missing = absent.map((title) => ` ${title} is not there, and was left out.`).join("");
  const versions = [`Node ${node}`, ...others].join(", ");
  return `Measured on ${date} with ${versions}, in ${rounds} rounds, on ${machine}.${missing}`;
}

function renderTable(results: readonly CaseResult[]): string {
  const names = Object.keys({ ...contestants, ...foreigners }).filter((name) =>
    results.some(({ figures, failures }) => figures.has(name) || failures.has(name)),
  );
  return [
    `|   | ${results.map(({ measured }) => measured.title).join(" | ")} |`,
    `| --- | ${results.map(() => "---").join(" | ")} |`,
    ...names.map((name) => `| ${titleOf(name)} | ${results.map((result) => renderCell(result, name)).join(" | ")} |`),
  ].join("\n");
}

function renderCell({ measured: { unit, floor }, figures, failures }: CaseResult, name: string): string {
  const own = figures.get(name);
  if (failures.has(name)) return "failed";
  if (own === undefined) return "–";
  const figure = formatFigure(summarise(own).median, unit);
  const floorFigures = floor === undefined ? undefined : figures.get(floor);
  if (floorFigures === undefined || name === floor) return floor === undefined ? figure : `1 = ${figure}`;
  const { median, lowerQuartile, upperQuartile, count } = summarise(ratios(own, floorFigures));
  const ratio = formatNumber(median);
  if (unit !== "ns") return `${figure} = ${ratio}`;
  if (count === 1) return ratio;
  const rounds = Math.max(...[...figures.values()].map(({ length }) => length));
  const fewer = count < rounds ? `, ${count} rounds` : "";
  return `${ratio} (${formatNumber(lowerQuartile)}–${formatNumber(upperQuartile)}${fewer})`;
}

function renderFailures(results: readonly CaseResult[]): string[] {
  const lines = results.flatMap(({ measured, failures }) =>
    [...failures].map(([name, reason]) => `- ${titleOf(name)}, ${measured.title}: ${reason}`),
  );
  return lines.length === 0 ? [] : [["Failed:", "", ...lines].join("\n")];
}

/** Of so many misses a summary names each; of more, the worst. */
const FEW = 2;

/** The goal, whether it was reached, and by how much or where not: everywhere, or at the worst where there are more than `most`. */
function verdictCells({ goal, checks }: Verdict, most = Infinity): string {
  const missed = checks.filter(({ reached }) => !reached);
  if (checks.length === 0) return `${goal.text} | not measured |  `;
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

function renderCheck({ result: { measured: of }, of: name, with: other, measured }: Check): string {
  const what = `${titleOf(name)}, ${of.title}`;
  if (measured === undefined) return `${what}: failed`;
  if (other === undefined) return `${what}: ${formatFigure(measured, of.unit)}`;
  return `${what}: ${formatNumber(measured)} of ${titleOf(other)}`;
}

function titleOf(name: string): string {
  return { ...contestants, ...foreigners }[name]?.title ?? name;
}

function byScenario(results: readonly CaseResult[]): CaseResult[][] {
  const groups = new Map<string, CaseResult[]>();
  for (const result of results) {
    const { id } = result.scenario;
    groups.set(id, [...(groups.get(id) ?? []), result]);
  }
  return [...groups.values()];
}
