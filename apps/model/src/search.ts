import fc from "fast-check";
import { calls } from "./calls/call.js";
import { checkCall } from "./calls/check-call.js";
import { printCallTest } from "./calls/print-call.js";
import { check } from "./check.js";
import type { Verdict } from "./conform.js";
import { printTest } from "./print.js";
import type { Program } from "./program.js";
import { reduce } from "./reduce.js";
import { programs } from "./programs.js";

/** What to generate: programs of one of three kinds, or calls of combinators. */
export const SUBJECTS = ["distinct", "colliding", "shutdowns", "calls"] as const;

type Subject = (typeof SUBJECTS)[number];

/** How to search for a case in which the model and the packages disagree. */
export interface SearchOptions {
  /** What to generate. */
  readonly of: Subject;
  /** The number of cases. */
  readonly runs: number;
  /** The seed of the random generator. */
  readonly seed: number;
  /** The path of a known failure, as fast-check reports it, at which to begin. */
  readonly path?: string | undefined;
}

/** The result of a search. */
export interface SearchResult {
  /** The number of runs that agreed. */
  readonly agreed: number;
  /** The number of undecided runs, by reason. */
  readonly undecided: ReadonlyMap<string, number>;
  readonly failure: Failure | undefined;
}

/** The smallest disagreeing case that was found. */
interface Failure {
  readonly message: string;
  /** Its path. */
  readonly path: string;
  /** Its text as a test. */
  readonly code: string;
}

/** Runs random cases until the model and the packages disagree in one, and then reduces it. */
export function search(options: SearchOptions): Promise<SearchResult> {
  const { of } = options;
  if (of === "calls") return find(calls, checkCall, printCallTest, (call) => Promise.resolve(call), options);
  return find(programs(of), check, printProgram, reduceProgram, options);
}

async function reduceProgram(program: Program, clockSeed: number): Promise<Program> {
  return reduce(program, async (smaller) => (await check(smaller, clockSeed)).kind === "disagrees");
}

async function printProgram(program: Program, clockSeed: number): Promise<string> {
  const { trace } = await check(program, clockSeed);
  return printTest("…", program, clockSeed, trace);
}

async function find<T>(
  cases: fc.Arbitrary<T>,
  checkCase: (one: T, clockSeed: number) => Promise<Verdict>,
  print: (one: T, clockSeed: number) => string | Promise<string>,
  makeSmaller: (one: T, clockSeed: number) => Promise<T>,
  { runs, seed, path }: SearchOptions,
): Promise<SearchResult> {
  let agreed = 0;
  const undecided = new Map<string, number>();
  const property = fc.asyncProperty(cases, fc.nat(0xffff), async (one, clockSeed) => {
    const finding = await checkCase(one, clockSeed);
    if (finding.kind === "agrees") agreed++;
    else if (finding.kind === "undecided") undecided.set(finding.why, (undecided.get(finding.why) ?? 0) + 1);
    else throw new Error(finding.message);
  });
  const report = await fc.check(property, { numRuns: runs, seed, ...(path === undefined ? {} : { path }) });
  if (!report.failed) return { agreed, undecided, failure: undefined };
  if (report.counterexample === null) throw new Error("The search ended without a result.");
  const [found, clockSeed] = report.counterexample;
  const one = await makeSmaller(found, clockSeed);
  const finding = await checkCase(one, clockSeed);
  const message = finding.kind === "disagrees" ? finding.message : "It did not fail again.";
  const code = await print(one, clockSeed);
  return { agreed, undecided, failure: { message, path: report.counterexamplePath, code } };
}
