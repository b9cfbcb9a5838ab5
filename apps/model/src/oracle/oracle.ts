import fc from "fast-check";
import type { Python } from "./python.js";

/** A kind of question that is put to CPython and to Selvage alike. */
export interface Oracle<Case> {
  readonly name: string;
  readonly cases: fc.Arbitrary<Case>;
  readonly compare: (one: Case, python: Python) => Promise<Comparison>;
}

/** How one case went. */
export interface Comparison {
  /** What was to be seen in it: by these, a run tells what it has covered. */
  readonly sights: Iterable<string>;
  /** The case, and in what the two differ; absent if they agree. */
  readonly difference?: string;
}

/** How many cases went how. */
export interface Report {
  readonly runs: number;
  /** In how many cases each thing was to be seen. */
  readonly sights: ReadonlyMap<string, number>;
  /** The smallest case that could be found in which the two differ. */
  readonly difference?: string;
}

export interface ConsultOptions {
  readonly runs: number;
  readonly seed: number;
}

/** Puts random cases to both. */
export async function consult<Case>(
  oracle: Oracle<Case>,
  python: Python,
  { runs, seed }: ConsultOptions,
): Promise<Report> {
  const sights = new Map<string, number>();
  const property = fc.asyncProperty(oracle.cases, async (one) => {
    const comparison = await oracle.compare(one, python);
    for (const sight of new Set(comparison.sights)) sights.set(sight, (sights.get(sight) ?? 0) + 1);
    return comparison.difference === undefined;
  });
  const { counterexample, errorInstance, numRuns } = await fc.check(property, { numRuns: runs, seed });
  if (counterexample === null) return { runs: numRuns, sights };
  const { difference } = await oracle.compare(counterexample[0], python);
  if (difference === undefined) throw errorInstance;
  return { runs: numRuns, sights, difference };
}
