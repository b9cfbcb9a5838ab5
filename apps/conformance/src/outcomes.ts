import type { Outcome } from "../contract/index.js";

export type { Outcome };

/** The number of checks for each status. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** One run: of the contract on one runtime or with one toolchain, or of the packages' own tests. */
export interface Run extends Counts {
  /** `Node 22`, `rollup, terser`. */
  readonly name: string;
  readonly version: string;
  /** The same counts by package and by rule, if the contract was run. */
  readonly packages: Readonly<Record<string, Counts>>;
  readonly rules: Readonly<Record<string, Counts>>;
  /** A text for each check that failed or was skipped, with the reason. */
  readonly problems: readonly string[];
}

/** Makes a run of outcomes. */
export function runOf(name: string, version: string, outcomes: readonly Outcome[]): Run {
  return {
    name,
    version,
    ...count(outcomes),
    packages: countBy(outcomes, ({ package: of }) => of),
    rules: countBy(outcomes, ({ rule }) => rule),
    problems: outcomes
      .filter(({ status }) => status !== "passed")
      .map((outcome) => `${outcome.status}: ${outcome.title} (${outcome.rule}): ${outcome.detail ?? ""}`),
  };
}

/** A run that broke off or could not start: one check failed, or was skipped. */
export function brokenRun(name: string, version: string, status: "failed" | "skipped", error: unknown): Run {
  const why = error instanceof Error ? error.message : String(error);
  const counts = { passed: 0, failed: 0, skipped: 0, [status]: 1 };
  return { name, version, ...counts, packages: {}, rules: {}, problems: [`${status}: the whole run: ${why}`] };
}

function countBy(outcomes: readonly Outcome[], key: (outcome: Outcome) => string): Record<string, Counts> {
  const keys = [...new Set(outcomes.map(key))];
  return Object.fromEntries(keys.map((one) => [one, count(outcomes.filter((outcome) => key(outcome) === one))]));
}

function count(outcomes: readonly Outcome[]): Counts {
  const of = (status: Outcome["status"]): number => outcomes.filter((outcome) => outcome.status === status).length;
  return { passed: of("passed"), failed: of("failed"), skipped: of("skipped") };
}

/** The outcomes that a process printed: the last line of its standard output. */
export function parseOutcomes(text: string): Outcome[] {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  let outcomes: unknown;
  try {
    outcomes = JSON.parse(line);
  } catch (error) {
    throw new Error(`expected outcomes as JSON, got ${JSON.stringify(text.slice(-2_000))}`, { cause: error });
  }
  if (!Array.isArray(outcomes) || outcomes.length === 0) throw new Error(`expected outcomes, got ${line}`);
  return outcomes as Outcome[];
}
