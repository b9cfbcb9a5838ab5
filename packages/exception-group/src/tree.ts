/*
 * Groups as trees of positions. All that takes groups apart works on these.
 *
 * 1. A position is one occurrence of an error: the same error twice is two positions.
 * 2. A leaf's position is shared by every tree that is split off from the one that was read, and so tells where the leaf came from.
 * 3. A group is read once, whole. Nobody changes it while handlers run, and a `derive` that drops members loses no position.
 * 4. Trees have no cycles. A group met again inside itself has nothing to add and is left out; so is a group of nothing else,
 *    unless it is the root, which is a leaf then. So every tree has a leaf.
 */
import { fold } from "./fold.js";
import { membersOf } from "./members.js";

export interface Position {
  readonly error: unknown;
  /** `undefined` for a leaf; never empty. */
  readonly members?: readonly Position[];
}

/** An error with everything in it. */
export function readTree(error: unknown): Position {
  const path = new Set<unknown>();
  const root = fold<unknown, Position | undefined>(
    error,
    (inner) => {
      const members = path.has(inner) ? undefined : membersOf(inner);
      if (members) path.add(inner);
      return members;
    },
    (inner, parts) => {
      if (!parts) return path.has(inner) ? undefined : { error: inner };
      path.delete(inner);
      const members = parts.filter((part) => part !== undefined);
      return members.length > 0 ? { error: inner, members } : undefined;
    },
  );
  return root ?? { error };
}

/** The leaves of a tree, in order. */
export function leavesOf(root: Position): Position[] {
  const found: Position[] = [];
  fold<Position, unknown>(
    root,
    (position) => position.members,
    (position, parts) => {
      if (!parts) found.push(position);
    },
  );
  return found;
}
