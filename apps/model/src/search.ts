import fc from "fast-check";
import { check } from "./check.js";
import { printTest } from "./print.js";
import type { Program } from "./program.js";
import { programs, type ProgramsOptions } from "./programs.js";

/** How to look for a program that the model and the packages disagree about. */
export interface SearchOptions extends ProgramsOptions {
  /** How many programs to try. */
  readonly runs: number;
  /** What decides which. */
  readonly seed: number;
  /** The way to a failure that is known, as fast-check reports it: to begin there. */
  readonly path?: string | undefined;
}

/** What came of it. */
export interface SearchResult {
  /** How many runs agreed. */
  readonly agreed: number;
  /** How many runs nothing could be said of, by why. */
  readonly undecided: ReadonlyMap<string, number>;
  readonly failure: Failure | undefined;
}

/** The smallest program found that disagrees. */
interface Failure {
  readonly program: Program;
  /** The seed of the clock. */
  readonly clockSeed: number;
  readonly message: string;
  /** The way to it. */
  readonly path: string;
  /** It, as a test. */
  readonly code: string;
}

/** Runs random programs, until the model and the packages disagree about one, which is then made smaller. */
export async function search({ runs, seed, path, ...options }: SearchOptions): Promise<SearchResult> {
  let agreed = 0;
  const undecided = new Map<string, number>();
  const property = fc.asyncProperty(programs(options), fc.nat(0xffff), async (program, clockSeed) => {
    const finding = await check(program, clockSeed);
    if (finding.kind === "agrees") agreed++;
    else if (finding.kind === "undecided") undecided.set(finding.why, (undecided.get(finding.why) ?? 0) + 1);
    else throw new Error(finding.message);
  });
  const report = await fc.check(property, { numRuns: runs, seed, ...(path === undefined ? {} : { path }) });
  if (!report.failed) return { agreed, undecided, failure: undefined };
  const [program, clockSeed] = report.counterexample ?? [];
  if (program === undefined || clockSeed === undefined) throw new Error("The search ended without a result.");
  const finding = await check(program, clockSeed);
  const failure: Failure = {
    program,
    clockSeed,
    message: finding.kind === "disagrees" ? finding.message : "It did not fail again.",
    path: report.counterexamplePath ?? "",
    code: printTest("…", program, clockSeed, finding.trace),
  };
  return { agreed, undecided, failure };
}
