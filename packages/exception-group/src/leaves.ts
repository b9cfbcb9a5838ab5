import type { ExceptionGroup } from "@selvage/scope";
import { leavesOf, readTree } from "./tree.js";

/** What the leaves of a group of `E` are. */
export type Leaf<E> = E extends ExceptionGroup<infer Member> ? Leaf<Member> : E;

/**
 * Yields the errors in a group that are no groups themselves, depth first, in order, duplicates included.
 *
 * Groups are `AggregateError`s with members and `SuppressedError`s. Anything else, also an empty `AggregateError`, is a leaf and
 * yields itself. The group is read when the first leaf is asked for.
 *
 * @example
 * ```ts
 * import { ExceptionGroup, leaves } from "@selvage/exception-group";
 *
 * const group = new ExceptionGroup("outer", [new Error("a"), new ExceptionGroup("inner", [new Error("b")])]);
 * console.assert([...leaves(group)].map(String).join() === "Error: a,Error: b");
 * ```
 */
export function leaves<E>(error: ExceptionGroup<E>): Generator<Leaf<E>, void, undefined>;
export function leaves(error: unknown): Generator<unknown, void, undefined>;
export function* leaves(error: unknown): Generator<unknown, void, undefined> {
  for (const leaf of leavesOf(readTree(error))) yield leaf.error;
}
