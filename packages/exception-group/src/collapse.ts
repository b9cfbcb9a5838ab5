import { type Position, readTree } from "./tree.js";

/**
 * The only leaf of a group of one, through any number of groups of one; else the error unchanged.
 *
 * For the edge of a program, where a single failure is to look as if there had been no group. Inside, it hides that there may be
 * several, and the groups' own messages and causes.
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
