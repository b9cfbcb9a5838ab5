/*
 * Groups as trees of positions. All that takes groups apart works on these.
 *
 * 1. A position is one occurrence of an error: the same error twice is two positions.
 * 2. A leaf's position is shared by every tree that is split off from the one that was read, and so tells where the leaf came from.
 * 3. A group is read once, whole. Nobody changes it while handlers run, and a `derive` that drops members loses no position.
 * 4. Trees have no cycles. A group met again inside itself has nothing to add and is left out; so is a group of nothing else,
 *    unless it is the root, which is a leaf then. So every tree has a leaf.
 * 5. A tree is finite. A getter or a proxy can make up groups without end: beyond the bound, a group is a leaf.
 */
import { ownData } from "@selvage/scope/internal";
import { fold } from "./fold.js";
import { membersOf } from "./members.js";

export interface Position {
  readonly error: unknown;
  /** `undefined` for a leaf; never empty. */
  readonly members: readonly Position[] | undefined;
  /** The name of the task whose failure this is, which the group around it knows (E8). */
  readonly task: string | undefined;
}

/** How many groups a tree has at most. A group whose members come from a getter counts 25 times. */
const MOST_GROUPS = 250_000;

/** An error with everything in it. */
export function readTree(error: unknown): Position {
  const path = new Set<unknown>();
  let groups = 0;
  const root = fold<unknown, Writable<Position> | undefined>(
    error,
    (inner) => {
      const members = groups > MOST_GROUPS || path.has(inner) ? undefined : membersOf(inner);
      if (members) {
        path.add(inner);
        groups += hasOwnMembers(inner) ? 1 : 25;
      }
      return members;
    },
    (inner, parts) => {
      if (!parts) return path.has(inner) ? undefined : { error: inner, members: undefined, task: undefined };
      path.delete(inner);
      const tasks = ownData(inner, "tasks");
      if (Array.isArray(tasks)) nameParts(parts, tasks);
      const members = parts.filter((part) => part !== undefined);
      return members.length > 0 ? { error: inner, members, task: undefined } : undefined;
    },
  );
  return root ?? { error, members: undefined, task: undefined };
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function nameParts(parts: readonly (Writable<Position> | undefined)[], tasks: readonly unknown[]): void {
  parts.forEach((part, index) => {
    const task = tasks[index];
    if (part && typeof task === "string") part.task = task;
  });
}

function hasOwnMembers(group: unknown): boolean {
  return (ownData(group, "errors") ?? ownData(group, "suppressed")) !== undefined;
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
