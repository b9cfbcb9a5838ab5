import { type Program, statementsOf } from "../program.js";
import { listing } from "./listing.js";
import type { Comparison, Oracle } from "./oracle.js";
import { programCases } from "./program-cases.js";
import { runOnSelvage } from "./programs-on-selvage.js";
import type { Python } from "./python.js";
import { linesOf, type ErrorShape, type TraceEvent } from "./trace.js";

/** Whether tasks, groups and timeouts come to the same under asyncio. */
export const programOracle: Oracle<Program> = {
  name: "programs",
  cases: programCases,
  compare,
};

async function compare(program: Program, python: Python): Promise<Comparison> {
  const [selvage, asyncio] = await Promise.all([runOnSelvage(program), python.program(program)]);
  // Hardly ever: what asyncio does then is another matter (T2).
  if (asyncio.ties > 0) return { sights: ["not compared: two things were due at one time"] };
  const sights = [...selvage.sights, ...sightsOf(program, selvage.trace)];
  const here = linesOf(selvage.trace);
  const there = linesOf(asyncio.trace);
  if (here.join("\n") === there.join("\n")) return { sights };
  const difference = [listing(program), "", "time id outcome, Selvage −, asyncio +:", ...differing(here, there)];
  return { sights, difference: difference.join("\n") };
}

/** What happened in a run of a program, as far as its trace says. */
export function sightsOf(program: Program, trace: readonly TraceEvent[]): ReadonlySet<string> {
  const kinds = new Map<number, string>(
    [...statementsOf(program.body)].map((statement) => [statement.id, statement.do]),
  );
  const sights = new Set<string>();
  for (const { id, outcome } of trace) {
    const kind = kinds.get(id) ?? "program";
    if (outcome === "done") continue;
    const article = kind === "attempt" ? "an attempt caught" : `a ${kind} ended with`;
    sights.add(
      `${article} ${typeof outcome === "string" ? "its cancellation" : "error" in outcome ? describeError(outcome.error) : describeValue(outcome)}`,
    );
  }
  return sights;
}

function describeValue({ value, late }: { readonly value: number | null; readonly late?: boolean }): string {
  if (value === null) return "nothing, out of time";
  return late === true ? "a value, late" : "a value";
}

function describeError(error: ErrorShape): string {
  if (typeof error === "string") return error.startsWith("timeout") ? "a timeout's error" : "a failure";
  if (error.some((member) => typeof member !== "string")) return "a group in a group";
  return error.length > 1 ? "a group of several" : "a group of one";
}

/** What only one of the two has. */
function differing(here: readonly string[], there: readonly string[]): readonly string[] {
  return [
    ...here.filter((line) => !there.includes(line)).map((line) => `− ${line}`),
    ...there.filter((line) => !here.includes(line)).map((line) => `+ ${line}`),
  ];
}
