import { mean } from "simple-statistics";
import { contestants } from "./contestants.js";
import { type ClockName, type Figure, haveClock, numbersOf } from "./figure.js";
import type { Goal, Limit } from "./goal.js";
import type { CaseResult } from "./runner.js";
import { ratios, summarise } from "./statistics.js";

/** What became of a goal. */
export interface Verdict {
  readonly goal: Goal;
  /** Every comparison that the goal asks for and that was measured. */
  readonly checks: readonly Check[];
}

/** One contestant in one case, or over several, beside the limit. */
export interface Check {
  /** Of the case or cases. */
  readonly results: readonly CaseResult[];
  readonly of: string;
  /** The contestant with which it is compared; `undefined` where there is none. */
  readonly to: string | undefined;
  /** The median of the figure, or of the ratio; `undefined` if it could not be measured. */
  readonly measured: number | undefined;
  /** The same in processor time; `undefined` where there is none. */
  readonly thread: number | undefined;
  readonly process: number | undefined;
  readonly limit: number;
  readonly reached: boolean;
}

/** Compares results with the goals, by the given clock. */
export function judge(goals: readonly Goal[], results: readonly CaseResult[], clock: ClockName): Verdict[] {
  return goals.map((goal) => {
    const own = results.filter(
      ({ scenario, measured }) => scenario.id === goal.scenario && goal.cases.includes(measured.id),
    );
    return { goal, checks: goal.of.flatMap((name) => checksOf(goal.limit, own, name, clock)) };
  });
}

function checksOf(limit: Limit, results: readonly CaseResult[], of: string, clock: ClockName): Check[] {
  const failed = results.filter(({ failures }) => failures.has(of));
  const failures = failed.map((result) =>
    check({ results: [result], of, to: undefined, limit: NaN }, () => undefined, clock),
  );
  const measured = results.filter(({ figures, failures }) => figures.has(of) && !failures.has(of));
  switch (limit.kind) {
    case "absolute":
      return [...failures, ...measured.map((result) => absolute(limit.atMost, result, of, clock))];
    case "ratio":
      return [...failures, ...measured.flatMap((result) => compared(limit, result, of, clock))];
    case "mean ratio":
      return failures.length > 0 ? failures : limit.to.flatMap((to) => meanRatio(limit.times, measured, of, to, clock));
    case "growth":
      return failures.length > 0 ? failures : growth(limit.times, measured, of, clock);
  }
}

function absolute(atMost: number, result: CaseResult, of: string, clock: ClockName): Check {
  const own = result.figures.get(of)!;
  // Bytes are exact only to the byte.
  const round = result.measured.unit === "bytes" ? Math.round : (figure: number) => figure;
  const median = (by: ClockName): number | undefined =>
    have([own], by, () => round(summarise(numbersOf(own, by)).median));
  return check({ results: [result], of, to: undefined, limit: atMost }, median, clock);
}

function compared(
  { times, to }: Extract<Limit, { kind: "ratio" }>,
  result: CaseResult,
  of: string,
  clock: ClockName,
): Check[] {
  const others = to === "every peer" ? [...result.figures.keys()].filter(isPeer) : to;
  return others.flatMap((other) => {
    const [own, figures] = [result.figures.get(of)!, result.figures.get(other)];
    if (figures === undefined) return [];
    const ratio = (by: ClockName): number | undefined =>
      have([own, figures], by, () => summarise(ratiosOf(own, figures, by)).median);
    return [check({ results: [result], of, to: other, limit: times }, ratio, clock)];
  });
}

/** The mean over the cases in each round, and of these the median. */
function meanRatio(times: number, all: readonly CaseResult[], of: string, to: string, clock: ClockName): Check[] {
  const results = all.filter(({ figures }) => figures.has(to));
  if (results.length === 0) return [];
  const pairs = results.map(({ figures }) => [figures.get(of)!, figures.get(to)!] as const);
  const ratio = (by: ClockName): number | undefined =>
    have(pairs.flat(), by, () => {
      const perCase = pairs.map(([own, other]) => ratiosOf(own, other, by));
      const rounds = Math.min(...perCase.map(({ length }) => length));
      const means = Array.from({ length: rounds }, (_, round) => mean(perCase.map((figures) => figures[round]!)));
      return summarise(means).median;
    });
  return [check({ results, of, to, limit: times }, ratio, clock)];
}

function growth(times: number, results: readonly CaseResult[], of: string, clock: ClockName): Check[] {
  const [first, last] = [results[0], results.at(-1)];
  if (first === undefined || last === undefined || first === last) return [];
  const [small, large] = [first.figures.get(of)!, last.figures.get(of)!];
  // Each is the median: they were not measured in the same rounds.
  const ratio = (by: ClockName): number | undefined =>
    have([small, large], by, () => summarise(numbersOf(large, by)).median / summarise(numbersOf(small, by)).median);
  return [check({ results: [first, last], of, to: undefined, limit: times }, ratio, clock)];
}

function ratiosOf(own: readonly Figure[], other: readonly Figure[], by: ClockName): number[] {
  return ratios(numbersOf(own, by), numbersOf(other, by));
}

/** Computes only what every figure has a time for. */
function have(all: readonly (readonly Figure[])[], by: ClockName, compute: () => number): number | undefined {
  return by === "wall" || all.every((figures) => haveClock(figures, by)) ? compute() : undefined;
}

function check(
  about: Pick<Check, "results" | "of" | "to" | "limit">,
  by: (clock: ClockName) => number | undefined,
  clock: ClockName,
): Check {
  const measured = by(clock) ?? by("wall");
  const reached = measured !== undefined && measured <= about.limit;
  return { ...about, measured, thread: by("thread"), process: by("process"), reached };
}

function isPeer(name: string): boolean {
  return contestants[name]?.kind === "peer";
}
