import fc from "fast-check";
import { numbered } from "../numbered.js";
import type { Kind, Program } from "../program.js";
import { rawBlocks } from "../raw.js";
import { comparable } from "./comparable.js";

/** With more failures during cancellation, and more work after it, than elsewhere. */
const inside: ReadonlyMap<Kind, number> = new Map([
  ["sleep", 8],
  ["work", 3],
  ["fail", 1],
  ["return", 1],
  ["cancel", 2],
  ["await", 1],
  ["spawn", 14],
  ["try", 12],
  ["attempt", 7],
  ["timeout", 3],
  ["moveOnAfter", 2],
  ["group", 8],
]);

const atTop: ReadonlyMap<Kind, number> = new Map([
  ["group", 8],
  ["timeout", 2],
  ["moveOnAfter", 2],
  ["attempt", 7],
  ["sleep", 1],
]);

const inCleanup: ReadonlyMap<Kind, number> = new Map([
  ["work", 3],
  ["fail", 5],
  ["cancel", 1],
  ["sleep", 1],
]);

/** Programs that asyncio and Selvage must run with the same result. Only timeouts have a time of 0. */
export const programCases: fc.Arbitrary<Program> = rawBlocks({
  weights: inside,
  atTop,
  inCleanup,
  times: fc.integer({ min: 0, max: 4 }),
  depth: 5,
  length: 5,
}).map((raw) => comparable(numbered(raw, { onlyTasks: true })));
