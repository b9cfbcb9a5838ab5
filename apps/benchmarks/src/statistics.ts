import { median, quantileSorted } from "simple-statistics";

/** Several figures for one thing. */
export interface Summary {
  readonly median: number;
  /** Half of the figures lie between these. */
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly count: number;
}

/** @throws {Error} Where there are no figures. */
export function summarise(figures: readonly number[]): Summary {
  const sorted = [...figures].sort((one, other) => one - other);
  return {
    median: median(sorted),
    lowerQuartile: quantileSorted(sorted, 0.25),
    upperQuartile: quantileSorted(sorted, 0.75),
    count: sorted.length,
  };
}

/** How many times the other's each figure is. Those of one round belong together: what slowed the machine then slowed both. */
export function ratios(figures: readonly number[], others: readonly number[]): number[] {
  return figures.slice(0, others.length).map((figure, round) => figure / others[round]!);
}
