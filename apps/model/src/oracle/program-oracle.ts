import { type Program, statementsOf } from "../program.js";
import { listing } from "./listing.js";
import type { Oracle } from "./oracle.js";
import { programCases } from "./program-cases.js";
import { runOnSelvage } from "./programs-on-selvage.js";
import { type ErrorShape, linesOf, type Outcome, type TraceEvent } from "./trace.js";

/** Compares tasks, groups and timeouts with those of asyncio. */
export const programOracle: Oracle<Program> = {
  name: "programs",
  cases: programCases,
  show: listing,
  async onSelvage(program) {
    const { trace, sights } = await runOnSelvage(program);
    return { lines: linesOf(trace), sights: new Set([...sights, ...sightsOf(program, trace)]) };
  },
  async onCPython(program, python) {
    const { trace, ties } = await python.program(program);
    // Two things were due at one time by chance, and neither side promises their order.
    return ties > 0 ? undefined : linesOf(trace);
  },
};

/** The topics that occurred in a run of a program, from its trace. */
function sightsOf(program: Program, trace: readonly TraceEvent[]): ReadonlySet<string> {
  const kinds = new Map([...statementsOf(program.body)].map(({ id, do: kind }) => [id, kind]));
  const sights = new Set<string>();
  for (const { id, outcome } of trace) {
    const kind = kinds.get(id);
    if (outcome === "done") continue;
    sights.add(`${kind === "attempt" ? "attempt caught" : `${kind ?? "program"} ended with`} ${describe(outcome)}`);
  }
  return sights;
}

function describe(outcome: Outcome): string {
  if (typeof outcome === "string") return "its cancellation";
  if ("error" in outcome) return describeError(outcome.error);
  if (outcome.value === null) return "nothing, out of time";
  return outcome.late === true ? "a value, late" : "a value";
}

function describeError(error: ErrorShape): string {
  if (typeof error === "string") return error.startsWith("timeout") ? "a timeout's error" : "a failure";
  if (error.some((member) => typeof member !== "string")) return "a group in a group";
  return error.length > 1 ? "a group of several" : "a group of one";
}
