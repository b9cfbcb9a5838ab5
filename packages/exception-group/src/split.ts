import type { ExceptionGroup } from "@selvage/scope";
import { type Checked, type Condition, type Matched, matcher } from "./condition.js";
import { asGroup, partition } from "./partition.js";
import { type Position, readTree } from "./tree.js";

/**
 * Splits a group by a condition into what matches and what does not. An empty half is `null`.
 *
 * Both halves keep the structure: nesting, order, `message` and `cause`. Emptied groups are removed, and groups of one stay. Every leaf is in
 * exactly one half, as the same object. The condition is tested on a group before its members, and a matching group is taken whole. If the root
 * matches, the root itself is returned, whatever its class. All other groups in the halves are made by {@link ExceptionGroup.derive}. Halves of a
 * group that is not an `ExceptionGroup` are plain `ExceptionGroup`s.
 *
 * An error that is not a group, or that has no members, is split as a group of one. If a group contains itself, that member is ignored.
 *
 * Compare Python's `BaseExceptionGroup.split`, which has a limit of depth. {@link subgroup} makes only the first half.
 *
 * @throws {TypeError} If `condition` is not a condition, or if the `derive` of a group does not return an `ExceptionGroup`.
 * @throws The error of a predicate or a `derive` that throws.
 *
 * @example
 * ```ts
 * import { ExceptionGroup, split } from "@selvage/exception-group";
 *
 * const group = new ExceptionGroup("import failed", [new TypeError("no such column"), new RangeError("row 7 of 6")]);
 * const [typeErrors, rest] = split(group, TypeError);
 * console.assert(typeErrors?.errors[0]?.message === "no such column" && rest?.errors.length === 1);
 * ```
 */
export function split<const C extends Condition>(
  error: unknown,
  condition: C & Checked<C>,
): [match: ExceptionGroup<Matched<C>> | null, rest: ExceptionGroup | null] {
  const [match, rest] = splitTree(readTree(error), condition, true);
  return [handOut(match) as ExceptionGroup<Matched<C>> | null, handOut(rest)];
}

/**
 * Returns the part of a group that matches a condition, or `null`. It is the first half of {@link split}, without the cost of the second.
 *
 * @throws The errors that `split` throws.
 *
 * @example
 * ```ts
 * import { ExceptionGroup, subgroup } from "@selvage/exception-group";
 *
 * const group = new ExceptionGroup("upload failed", [new TypeError("no file"), new Error("refused")]);
 * console.assert(subgroup(group, (error) => error instanceof Error && error.message === "refused")?.errors.length === 1);
 * console.assert(subgroup(group, RangeError) === null);
 * ```
 */
export function subgroup<const C extends Condition>(
  error: unknown,
  condition: C & Checked<C>,
): ExceptionGroup<Matched<C>> | null {
  return handOut(splitTree(readTree(error), condition, false)[0]) as ExceptionGroup<Matched<C>> | null;
}

function splitTree(root: Position, condition: Condition, rest: boolean): ReturnType<typeof partition> {
  const matches = matcher(condition);
  return partition(root, (position) => matches(position.error), rest);
}

/** Returns a half as the caller receives it. */
function handOut(half: Position | undefined): ExceptionGroup | null {
  if (!half) return null;
  // A matching root is returned itself (E3), even if it is not an `ExceptionGroup`.
  return half.members ? (half.error as ExceptionGroup) : asGroup(half);
}
