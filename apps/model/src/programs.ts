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
  /**
   * Only what asyncio's `TaskGroup` and `timeout` can express, too: no scopes of their own, shields, supervisors, limits, or moved
   * deadlines; only tasks are cancelled; only failures are caught; and a cleanup waits deaf to cancellation, if it does at all.
   */
  readonly asyncio?: boolean;
  /** Kinds of statements to leave out besides. */
  readonly without?: readonly Kind[];
  /** How deep blocks are nested. Default: 4. */
  readonly depth?: number;
  /** How many statements a block has, at most. Default: 5. */
  readonly length?: number;
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
  move: 2,
  shutdown: 3,
  spawn: 20,
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

/** Kinds that asyncio can express. */
const asyncioKinds: readonly Kind[] = [
  "sleep",
  "work",
  "fail",
  "return",
  "cancel",
  "await",
  "spawn",
  "try",
  "attempt",
  "timeout",
  "moveOnAfter",
  "group",
];

/** Cleanups fail, and take their time, more often. */
const cleanupWeights: Readonly<Partial<Record<Kind, number>>> = { work: 8, fail: 8, scope: 8 };

/** What cleanups do in asyncio's subset: what does not wait, or waits to the end. */
const asyncioCleanup: readonly Kind[] = ["work", "fail", "cancel"];

/** Random programs; they shrink to shorter ones with shorter times. */
export function programs(options: ProgramsOptions = {}): fc.Arbitrary<Program> {
  const { times = "distinct", asyncio = false, without = [], depth = 4, length = 5 } = options;
  const kinds = asyncio ? asyncioKinds : (Object.keys(weights) as Kind[]);
  const raw = rawBlocks({
    weights: weighed(kinds, without),
    atTop: weighed(
      top.filter((kind) => kinds.includes(kind)),
      without,
    ),
    inCleanup: weighed(asyncio ? asyncioCleanup : kinds, without, { ...weights, ...cleanupWeights }),
    times: times === "distinct" ? fc.integer({ min: 1, max: 10_000 }) : fc.integer({ min: 0, max: 4 }),
    depth,
    length,
  });
  return raw.map((block) => numbered(block, { onlyTasks: asyncio }));
}

function weighed(kinds: readonly Kind[], without: readonly Kind[], by = weights): ReadonlyMap<Kind, number> {
  return new Map(kinds.filter((kind) => !without.includes(kind)).map((kind) => [kind, by[kind]]));
}
