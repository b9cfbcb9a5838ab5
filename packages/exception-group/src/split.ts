import type { ExceptionGroup } from "@selvage/scope";
import { type Checked, type Condition, type Matched, matcher } from "./condition.js";
import { asGroup, partition } from "./partition.js";
import { type Position, readTree } from "./tree.js";

/**
 * Parts a group in two by a condition: what matches and what does not, each `null` if there is none of it.
 *
 * Both halves keep the structure: nesting, order, `message`, `cause`; emptied groups go, groups of one stay. Every leaf lands in
 * exactly one half, as the object it is. The condition is asked of a group before its members, and a group that matches is
 * taken whole: if the root does, it is returned itself, of whatever class it is. All other groups in the halves are made by
 * {@link ExceptionGroup.derive}; those of other groups than `ExceptionGroup`s are `ExceptionGroup`s.
 *
 * An error that is no group, or has no members, is split as a group of one. A group that contains itself is taken as if it did not.
 *
 * Kin: Python's `BaseExceptionGroup.split`; unlike it, this one has no limit of depth. {@link subgroup} makes the first half only.
 *
 * @throws {TypeError} Where `condition` is none, or a group's `derive` returns no `ExceptionGroup`.
 * @throws What a predicate or a `derive` throws.
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
 * The part of a group that matches a condition, or `null`: the first half of {@link split}, without the cost of the second.
 *
 * @throws As `split` does.
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

function handOut(half: Position | undefined): ExceptionGroup | null {
  if (!half) return null;
  // A matching root is returned itself (E3), be it somebody else's AggregateError.
  return half.members ? (half.error as ExceptionGroup) : asGroup(half);
}
