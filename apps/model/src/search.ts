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

/** What to draw: programs with distinct times, programs with colliding ones, or calls of combinators. */
export const SUBJECTS = ["distinct", "colliding", "calls"] as const;

type Subject = (typeof SUBJECTS)[number];

/** How to look for a case that the model and the packages disagree about. */
export interface SearchOptions {
  /** What to draw. */
  readonly of: Subject;
  /** How many cases to try. */
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

/** The smallest case found that disagrees. */
interface Failure {
  readonly message: string;
  /** The way to it. */
  readonly path: string;
  /** It, as a test. */
  readonly code: string;
}

/** Runs random cases, until the model and the packages disagree about one, which is then made smaller. */
export function search(options: SearchOptions): Promise<SearchResult> {
  const { of } = options;
  if (of === "calls") return find(calls, checkCall, printCallTest, (call) => Promise.resolve(call), options);
  return find(programs({ times: of }), check, printProgram, reduceProgram, options);
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
