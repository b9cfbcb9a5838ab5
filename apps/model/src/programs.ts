import fc from "fast-check";
import { numbered } from "./numbered.js";
import type { Kind, Program } from "./program.js";
import { rawBlocks } from "./raw.js";

/**
 * The kinds of generated programs.
 *
 * - `"distinct"`: programs of all statements. The range of times is so large that two things are almost never due at
 *   once, so the order is determined.
 * - `"colliding"`: the same, with so few different times that many things are often due at once.
 * - `"shutdowns"`: programs of supervisors, restarted or placed tasks, and shutdowns.
 */
export type Programs = "distinct" | "colliding" | "shutdowns";

const TIMES: Readonly<Record<Programs, fc.Arbitrary<number>>> = {
  distinct: fc.integer({ min: 1, max: 10_000 }),
  colliding: fc.integer({ min: 0, max: 4 }),
  shutdowns: fc.integer({ min: 0, max: 30 }),
};

/** The weight of each statement. Runs are generated with their tasks. */
const weights: Readonly<Record<Exclude<Kind, "run">, number>> = {
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

/** Outermost blocks contain more owners, because tasks need an owner around them. */
const atTop: Partial<Record<Kind, number>> = {
  group: weights.group,
  supervisor: weights.supervisor,
  scope: weights.scope,
  timeout: weights.timeout,
  moveOnAfter: weights.moveOnAfter,
  attempt: weights.attempt,
  sleep: weights.sleep,
};

/** Cleanups fail, and take time, more often. */
const cleanupWeights: Partial<Record<Kind, number>> = { ...weights, work: 8, fail: 8, scope: 8 };

/** The same for programs of shutdowns. */
const ofShutdowns: Partial<Record<Kind, number>> = {
  sleep: 12,
  work: 6,
  check: 1,
  fail: 5,
  cancel: 3,
  peek: 3,
  stats: 3,
  shutdown: 8,
  spawn: 30,
  start: 3,
  started: 2,
  limit: 2,
  try: 4,
  attempt: 2,
  scope: 1,
  supervisor: 2,
};

const supervisorsAtTop: Partial<Record<Kind, number>> = { supervisor: 3, scope: 1, timeout: 1, moveOnAfter: 1 };

/** Random programs; they shrink to shorter ones with shorter times. */
export function programs(of: Programs = "distinct"): fc.Arbitrary<Program> {
  const isOfShutdowns = of === "shutdowns";
  const raw = rawBlocks({
    weights: weighed(isOfShutdowns ? ofShutdowns : weights),
    atTop: weighed(isOfShutdowns ? supervisorsAtTop : atTop),
    inCleanup: weighed(isOfShutdowns ? { ...ofShutdowns, work: 12, fail: 8 } : cleanupWeights),
    times: TIMES[of],
    depth: 4,
    length: isOfShutdowns ? 7 : 5,
  });
  return raw.map((block) => numbered(block));
}

function weighed(weights: Partial<Record<Kind, number>>): ReadonlyMap<Kind, number> {
  return new Map(Object.entries(weights) as [Kind, number][]);
}
