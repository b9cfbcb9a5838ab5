import type { CancelledError } from "./cancelled-error.js";

/*
 * The results of the classifier, remembered per cancellation. An error that rises through a deep tree is classified at every level, and
 * is usually wrapped once more each time. Without this memory, each level would walk down to the leaf again.
 *
 * An error can be changed after it was classified. So the first levels below the root are always examined again. The memory is used only for
 * deeper levels, which were thrown and classified that many levels ago.
 */

/** How many levels are examined in every call. */
const FRESH_LEVELS = 8;

type Verdicts = WeakMap<object, boolean>;

/** The results by reason, and then by test. */
const memories = new WeakMap<object, Verdicts[]>();
/** The key of results that were found without a scope. */
const ANY_REASON = {};

/** Returns the remembered result for an error at this depth; `undefined` if there is none, or if the depth is small. */
export function remembered(
  reason: CancelledError | undefined,
  error: object,
  test: number,
  depth: number,
): boolean | undefined {
  return depth > FRESH_LEVELS ? memories.get(reason ?? ANY_REASON)?.[test]?.get(error) : undefined;
}

/** Remembers a result that took a walk of this depth. The result of a short walk is not remembered, because it is cheap to compute again. */
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
