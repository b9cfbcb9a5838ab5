import { conform, type Verdict } from "./conform.js";
import { brokenInvariant } from "./invariants.js";
import type { Program } from "./program.js";
import { record } from "./record.js";
import type { Event } from "./trace.js";

/** The result of one program under one seed of the clock. */
export type Finding = Verdict & { readonly trace: readonly Event[] };

/** Runs a program, and checks that the model allows what happened and that no invariant was broken. */
export async function check(program: Program, seed: number): Promise<Finding> {
  const recording = await record(program, seed);
  const { trace, stalled } = recording;
  const broken = brokenInvariant(program, recording);
  if (broken !== undefined) return { kind: "disagrees", message: broken, trace };
  const verdict = conform(program, trace, stalled);
  if (verdict.kind === "agrees" && stalled) return { kind: "disagrees", message: "a deadlock", trace };
  return { ...verdict, trace };
}
