import fc from "fast-check";
import { numbered } from "./numbered.js";
import type { Kind, Program } from "./program.js";
import { rawBlocks } from "./raw.js";

/** Which programs are drawn. */
export interface ProgramsOptions {
  /**
   * `"distinct"`: times are drawn from so many that hardly ever two things are due at once, and order is determined.
   * `"colliding"`: from so few that they often are. Default: `"distinct"`.
   */
  readonly times?: "distinct" | "colliding";
}

const weights: Readonly<Record<Kind, number>> = {
  sleep: 8,
  work: 4,
  checkpoint: 2,
  check: 1,
  fail: 4,
  return: 1,
  cancel: 3,
  await: 2,
  peek: 1,
  stats: 1,
  move: 2,
  shutdown: 3,
  spawn: 20,
  start: 5,
  started: 3,
  run: 0,
  limit: 2,
  idle: 1,
  try: 4,
  attempt: 3,
  scope: 3,
  timeout: 2,
  moveOnAfter: 2,
  group: 5,
  supervisor: 4,
};

/** Without an owner around them, tasks cannot be. */
const top: readonly Kind[] = ["group", "supervisor", "scope", "timeout", "moveOnAfter", "attempt", "sleep"];

/** Cleanups fail, and take their time, more often. */
const cleanupWeights: Readonly<Record<Kind, number>> = { ...weights, work: 8, fail: 8, scope: 8 };

/** Random programs; they shrink to shorter ones with shorter times. */
export function programs({ times = "distinct" }: ProgramsOptions = {}): fc.Arbitrary<Program> {
  const kinds = Object.keys(weights) as Kind[];
  const raw = rawBlocks({
    weights: weighed(kinds, weights),
    atTop: weighed(top, weights),
    inCleanup: weighed(kinds, cleanupWeights),
    times: times === "distinct" ? fc.integer({ min: 1, max: 10_000 }) : fc.integer({ min: 0, max: 4 }),
    depth: 4,
    length: 5,
  });
  return raw.map((block) => numbered(block));
}

function weighed(kinds: readonly Kind[], weights: Readonly<Record<Kind, number>>): ReadonlyMap<Kind, number> {
  return new Map(kinds.filter((kind) => weights[kind] > 0).map((kind) => [kind, weights[kind]]));
}
