import { contestants } from "./contestants.js";
import type { CaseResult } from "./runner.js";
import type { Goal } from "./scenario.js";
import { ratios, summarise } from "./statistics.js";

/** What became of a goal. */
export interface Verdict {
  readonly goal: Goal;
  /** Every comparison that it asks for and that was measured. */
  readonly checks: readonly Check[];
}

/** One contestant in one case, beside the limit. */
export interface Check {
  readonly result: CaseResult;
  readonly of: string;
  /** Whom it was compared with; `undefined` where the limit is absolute. */
  readonly with: string | undefined;
  /** The median of the figure, or of its ratio to the other's; `undefined` where it could not be measured. */
  readonly measured: number | undefined;
  readonly limit: number;
  readonly reached: boolean;
}

/** Compares what was measured of a scenario with what it should be. */
export function judge(results: readonly CaseResult[]): Verdict[] {
  const goals = results[0]?.scenario.goals ?? [];
  return goals.map((goal) => ({
    goal,
    checks: results
      .filter(({ measured }) => goal.cases?.includes(measured.id) ?? true)
      .flatMap((result) => goal.of.flatMap((name) => check(goal, result, name))),
  }));
}

function check({ limit }: Goal, result: CaseResult, of: string): Check[] {
  if (result.failures.has(of)) {
    return [{ result, of, with: undefined, measured: undefined, limit: NaN, reached: false }];
  }
  const own = result.figures.get(of);
  if (own === undefined) return [];
  if ("atMost" in limit) {
    // A figure of the memory is exact to the byte.
    const measured = Math.round(summarise(own).median);
    return [{ result, of, with: undefined, measured, limit: limit.atMost, reached: measured <= limit.atMost }];
  }
  const others = limit.of === "every peer" ? [...result.figures.keys()].filter(isPeer) : limit.of;
  return others.flatMap((other) => {
    const figures = result.figures.get(other);
    if (figures === undefined) return [];
    const measured = summarise(ratios(own, figures)).median;
    return [{ result, of, with: other, measured, limit: limit.times, reached: measured <= limit.times }];
  });
}

function isPeer(name: string): boolean {
  return contestants[name]?.kind === "peer";
}
