import type { CancelledError } from "./cancelled-error.js";

/*
 * What the classifier has found out about errors, for each cancellation. An error that rises through a deep tree is classified at
 * every level, usually wrapped once more each time. Without a memory each level would walk down to the leaf.
 *
 * An error can be changed after it was classified. So the first levels below the root are always examined, and the memory
 * answers only for what lies deeper: what was already thrown and classified that many levels ago.
 */

/** How many levels are examined each time. */
const FRESH_LEVELS = 8;

type Verdicts = WeakMap<object, boolean>;

/** By reason, and then by test. */
const memories = new WeakMap<object, Verdicts[]>();
/** Stands for "any CancelledError" where no scope was given. */
const ANY_REASON = {};

/** What is known about an error as a link at this depth; `undefined` if nothing is, or the depth is small. */
export function remembered(
  reason: CancelledError | undefined,
  error: object,
  test: number,
  depth: number,
): boolean | undefined {
  return depth > FRESH_LEVELS ? memories.get(reason ?? ANY_REASON)?.[test]?.get(error) : undefined;
}

/** Remembers a verdict that took a walk of this depth; one that took a short walk is cheap to find out again. */
export function remember(
  reason: CancelledError | undefined,
  errors: Iterable<object>,
  test: number,
  depth: number,
  verdict: boolean,
): void {
  if (depth <= FRESH_LEVELS) return;
  const key = reason ?? ANY_REASON;
  let memory = memories.get(key);
  if (memory === undefined) memories.set(key, (memory = []));
  const verdicts = (memory[test] ??= new WeakMap());
  for (const error of errors) verdicts.set(error, verdict);
}
