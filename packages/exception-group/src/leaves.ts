import type { ExceptionGroup } from "@selvage/scope";
import { leavesOf, readTree } from "./tree.js";

/** The type of the leaves of a group of `E`. */
export type Leaf<E> = E extends ExceptionGroup<infer Member> ? Leaf<Member> : E;

/**
 * Yields the errors in a group that are not groups themselves: depth first, in order, including duplicates.
 *
 * Groups are `AggregateError`s with members and `SuppressedError`s. Everything else is a leaf, even an empty `AggregateError`. For a leaf, the
 * function yields the leaf itself. The group is read when the first leaf is requested.
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
