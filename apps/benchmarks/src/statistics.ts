import { median, quantileSorted } from "simple-statistics";

/** Several figures for one thing. */
export interface Summary {
  readonly median: number;
  /** Half of the figures lie between these. */
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly count: number;
}

/** @throws {Error} If there are no figures. */
export function summarise(figures: readonly number[]): Summary {
  const sorted = [...figures].sort((one, other) => one - other);
  return {
    median: median(sorted),
    lowerQuartile: quantileSorted(sorted, 0.25),
    upperQuartile: quantileSorted(sorted, 0.75),
    count: sorted.length,
  };
}

/** Divides round by round: what slowed the machine in a round slowed both. */
export function ratios(figures: readonly number[], others: readonly number[]): number[] {
  return figures.slice(0, others.length).map((figure, round) => figure / others[round]!);
}
