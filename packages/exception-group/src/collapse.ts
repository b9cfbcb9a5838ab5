import { type Position, readTree } from "./tree.js";

/**
 * Returns the only leaf of a group of one, also through nested groups of one. Any other error is returned unchanged.
 *
 * Use it at the edge of a program, where a single failure should look as if there were no group. Do not use it inside a program, because it hides
 * that there may be several errors, and the messages and causes of the groups.
 *
 * @example
 * ```ts
 * import { collapse, ExceptionGroup } from "@selvage/exception-group";
 *
 * const error = new Error("refused");
 * console.assert(collapse(new ExceptionGroup("outer", [new ExceptionGroup("inner", [error])])) === error);
 * ```
 */
export function collapse(error: unknown): unknown {
  let position: Position = readTree(error);
  while (position.members?.length === 1) position = position.members[0]!;
  return position.members ? error : position.error;
}
