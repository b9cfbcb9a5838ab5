/** The report on a run, as Markdown. */
import type { ClockName } from "./figure.js";
import { goals } from "./goals.js";
import { judge } from "./judge.js";
import { titleOf } from "./participants.js";
import { renderVerdict } from "./render-verdict.js";
import type { CaseResult } from "./runner.js";
import { renderProcessorTimes, renderTable } from "./tables.js";

/** Where and how a run was measured. */
export interface Circumstances {
  readonly node: string;
  /** The versions of the contestants that are not npm packages. */
  readonly others: readonly string[];
  /** The titles of the contestants whose tools are not installed. */
  readonly absent: readonly string[];
  readonly machine: string;
  readonly rounds: number;
  readonly clock: ClockName;
  readonly date: string;
}

/** The whole report. */
export function renderReport(results: readonly CaseResult[], circumstances: Circumstances): string {
  return [
    `# Benchmarks on Node ${circumstances.node}`,
    renderCircumstances(circumstances),
    legend,
    ...byScenario(results).map((own) => renderScenario(own, circumstances.clock)),
  ].join("\n\n");
}

/** What became of the goals. */
export function renderSummary(results: readonly CaseResult[], circumstances: Circumstances): string {
  const lines = byScenario(results).flatMap((own) => goalLines(own, circumstances.clock, FEW));
  const major = circumstances.node.split(".")[0]!;
  return [
    `### Node ${major}`,
    `${renderCircumstances(circumstances)} [The tables](results/node-${major}.md).`,
    goalTable(lines),
  ].join("\n\n");
}

/** One scenario: its tables, and what became of its goals. */
export function renderScenario(results: readonly CaseResult[], clock: ClockName): string {
  const { id, title, about } = results[0]!.scenario;
  return [
    `## ${id} · ${title}`,
    about,
    renderTable(results, clock),
    ...renderProcessorTimes(results),
    goalTable(goalLines(results, clock)),
    ...renderFailures(results),
  ].join("\n\n");
}

const legend =
  "A figure without a unit is a multiple of the floor's: the median of the rounds, and in brackets the span of their middle half. Less is better. " +
  "The tables of processor time have the median for the main thread and, after the stroke, for the whole process; so have the brackets beside the goals. " +
  "A contestant that needs more than a second for a round is measured in three rounds, unless a goal names it. One that needs more than six seconds, or more memory than " +
  "2 GB, has failed; the growth cases have more of both.";

function renderCircumstances({ node, others, absent, machine, rounds, clock, date }: Circumstances): string {
  const versions = [`Node ${node}`, ...others].join(", ");
  const missing = absent.map((title) => ` ${title} was left out, because its tools are not installed.`).join("");
  const by = clock === "wall" ? "" : ` Goals are judged by processor time (${clock}).`;
  return `Measured on ${date} with ${versions}, in ${rounds} rounds, on ${machine}.${by}${missing}`;
}

/** A summary names so many misses of a goal; if there are more, only the worst. */
const FEW = 2;

function goalLines(results: readonly CaseResult[], clock: ClockName, most = Infinity): string[] {
  const { id } = results[0]!.scenario;
  const own = goals.filter(({ scenario }) => scenario === id);
  return judge(own, results, clock).map((verdict) => `| ${id} | ${renderVerdict(verdict, most)} |`);
}

function goalTable(lines: readonly string[]): string {
  return ["|   | goal |   | measured |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

function renderFailures(results: readonly CaseResult[]): string[] {
  const lines = results.flatMap(({ measured, failures }) =>
    [...failures].map(([name, reason]) => `- ${titleOf(name)}, ${measured.title}: ${reason}`),
  );
  return lines.length === 0 ? [] : [["Failed:", "", ...lines].join("\n")];
}

function byScenario(results: readonly CaseResult[]): CaseResult[][] {
  const groups = new Map<string, CaseResult[]>();
  for (const result of results) {
    const { id } = result.scenario;
    groups.set(id, [...(groups.get(id) ?? []), result]);
  }
  return [...groups.values()];
}
