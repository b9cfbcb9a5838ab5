import { contestants, foreigners } from "./contestants.js";
import type { CaseResult } from "./runner.js";

const everybody = { ...contestants, ...foreigners };

export function titleOf(name: string): string {
  return everybody[name]?.title ?? name;
}

/** Those who took part in any of the cases, in the order of the report. */
export function participantsOf(results: readonly CaseResult[]): string[] {
  return Object.keys(everybody).filter((name) =>
    results.some(({ figures, failures }) => figures.has(name) || failures.has(name)),
  );
}
