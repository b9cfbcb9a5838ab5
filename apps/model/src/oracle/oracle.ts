import fc from "fast-check";
import type { Python } from "./python.js";

/** A kind of question that is put to Selvage and to CPython alike. */
export interface Oracle<Case> {
  readonly name: string;
  readonly cases: fc.Arbitrary<Case>;
  readonly show: (one: Case) => string;
  readonly onSelvage: (one: Case) => Promise<Answer> | Answer;
  /** The lines of its answer; `undefined` where CPython's says nothing about Selvage's. */
  readonly onCPython: (one: Case, python: Python) => Promise<readonly string[] | undefined>;
}

/** What a case came to. What may differ, by differences.md, is not in it. */
interface Answer {
  readonly lines: readonly string[];
  /** What was to be seen in it: by these, a run tells what it has covered. */
  readonly sights: ReadonlySet<string>;
}

/** How many cases went how. */
export interface Report {
  readonly runs: number;
  /** In how many cases each thing was to be seen. */
  readonly sights: ReadonlyMap<string, number>;
  /** How many were not compared. */
  readonly passedOver: number;
  /** The smallest case that could be found in which the two differ, and in what. */
  readonly difference?: string;
}

export interface ConsultOptions {
  readonly runs: number;
  readonly seed: number;
}

/** Puts random cases to both, until they differ. */
export async function consult<Case>(
  oracle: Oracle<Case>,
  python: Python,
  { runs, seed }: ConsultOptions,
): Promise<Report> {
  const sights = new Map<string, number>();
  let passedOver = 0;
  const property = fc.asyncProperty(oracle.cases, async (one) => {
    const [here, there] = await Promise.all([oracle.onSelvage(one), oracle.onCPython(one, python)]);
    for (const sight of here.sights) sights.set(sight, (sights.get(sight) ?? 0) + 1);
    if (there === undefined) passedOver++;
    return there === undefined || here.lines.join("\n") === there.join("\n");
  });
  const { counterexample, errorInstance, numRuns } = await fc.check(property, { numRuns: runs, seed });
  const report = { runs: numRuns, sights, passedOver };
  if (counterexample === null) return report;
  const [smallest] = counterexample;
  const here = await oracle.onSelvage(smallest);
  const there = await oracle.onCPython(smallest, python);
  if (there === undefined || here.lines.join("\n") === there.join("\n")) throw errorInstance;
  return { ...report, difference: `${oracle.show(smallest)}\n\n${differing(here.lines, there)}` };
}

/** All lines, those marked that only Selvage (−) or only CPython (+) has. */
function differing(here: readonly string[], there: readonly string[]): string {
  const lines = here.map((line) => (there.includes(line) ? `  ${line}` : `− ${line}`));
  return [...lines, ...there.filter((line) => !here.includes(line)).map((line) => `+ ${line}`)].join("\n");
}
