import fc from "fast-check";
import type { Python } from "./python.js";

/** A kind of case that runs with Selvage and with CPython. */
export interface Oracle<Case> {
  readonly name: string;
  readonly cases: fc.Arbitrary<Case>;
  readonly show: (one: Case) => string;
  readonly onSelvage: (one: Case) => Promise<Answer> | Answer;
  /** The lines of both results; `undefined` if they cannot be compared. */
  readonly onCPython: (one: Case, python: Python) => Promise<readonly string[] | undefined>;
}

/** The result of a case, without what may differ by differences.md. */
interface Answer {
  readonly lines: readonly string[];
  /** The topics that occurred in it, by which a run reports its coverage. */
  readonly sights: ReadonlySet<string>;
}

/** The counts of a run. */
export interface Report {
  readonly runs: number;
  /** The number of cases for each topic. */
  readonly sights: ReadonlyMap<string, number>;
  /** The number of cases that were not compared. */
  readonly passedOver: number;
  /** The smallest case that was found in which the two differ, and the difference. */
  readonly difference?: string;
}

export interface ConsultOptions {
  readonly runs: number;
  readonly seed: number;
}

/** Runs random cases with both, until they differ. */
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

/** All lines, with marks on those that only Selvage (−) or only CPython (+) has. */
function differing(here: readonly string[], there: readonly string[]): string {
  const lines = here.map((line) => (there.includes(line) ? `  ${line}` : `− ${line}`));
  return [...lines, ...there.filter((line) => !here.includes(line)).map((line) => `+ ${line}`)].join("\n");
}
