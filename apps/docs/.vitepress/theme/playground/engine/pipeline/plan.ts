/** The stages of the pipeline, in the order in which an item passes them. */
export const stages = ["read", "transform", "write"] as const;

export type Stage = (typeof stages)[number];

/** The channels between the stages, in the same order. */
export const channels = ["lines", "rows"] as const;

export type Channel = (typeof channels)[number];

/** How a pipeline is set up. */
export interface Plan {
  /** How many items there are. */
  readonly items: number;
  /** How many items each channel holds; `Infinity` for any number. */
  readonly capacity: number;
  /** How long each stage works on an item, in milliseconds. */
  readonly takes: Readonly<Record<Stage, number>>;
  /** The item at which the second stage fails; `undefined` if it does not fail. */
  readonly failsAt: number | undefined;
}

export const mostItems = 12;
/** The capacities that can be chosen. */
export const capacities: readonly number[] = [0, 1, 2, 3, 4, 6, Infinity];
/** The longest time for one item. */
export const slowest = 200;
/** The unit of times. */
export const step = 10;

/** The nearest valid time; `undefined` for a value that is not a number. */
export function timeOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number === undefined ? undefined : Math.min(slowest, Math.max(step, Math.round(number / step) * step));
}

/** The nearest valid number of items; `undefined` for a value that is not a number. */
export function countOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number === undefined ? undefined : Math.min(mostItems, Math.max(1, Math.round(number)));
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number !== "number" || Number.isNaN(number) ? undefined : number;
}

/** The channel from which a stage receives; `undefined` for the first. */
export function inputOf(stage: Stage): Channel | undefined {
  return channels[stages.indexOf(stage) - 1];
}
