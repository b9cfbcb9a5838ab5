/*
 * Groups as trees of positions. Every function that splits groups works on such a tree.
 *
 * 1. A position is one occurrence of an error. If the same error occurs twice, it has two positions.
 * 2. All trees that are split off from a tree share the positions of its leaves. So a position identifies where a leaf came from.
 * 3. A group is read once, as a whole. So handlers that change it have no effect, and a `derive` that drops members loses no position.
 * 4. Trees have no cycles. A group that occurs again inside itself is left out, and so is a group that has no other members. If that is the root, it
 *    is a leaf. So every tree has a leaf.
 * 5. A tree is finite. A getter or a proxy can generate groups without end, so a group beyond the bound is a leaf.
 */
import { ownData } from "@selvage/scope/internal";
import { fold } from "./fold.js";
import { membersOf } from "@selvage/scope/lowlevel";

/** One occurrence of an error in a group (1). */
export interface Position {
  readonly error: unknown;
  /** The positions of the members; `undefined` for a leaf. Never empty. */
  readonly members: readonly Position[] | undefined;
  /** The name of the task that failed with this error, if the group around it has recorded it (E8); otherwise `undefined`. */
  readonly task: string | undefined;
}

/** The maximum number of groups in a tree. A group whose members come from a getter counts 25 times. */
const MOST_GROUPS = 250_000;

/** Reads an error and everything in it. */
export function readTree(error: unknown): Position {
  const path = new Set<unknown>();
  let groups = 0;
  const root = fold<unknown, Writable<Position> | undefined>(
    error,
    (inner) => {
      const members = groups > MOST_GROUPS || path.has(inner) ? undefined : membersOf(inner);
      if (members === undefined || members.length === 0) return undefined; // an aggregate without members is a leaf (E2)
      path.add(inner);
      groups += hasOwnMembers(inner) ? 1 : 25;
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

/** Sets the names of the tasks that failed with the members of a group. */
function nameParts(parts: readonly (Writable<Position> | undefined)[], tasks: readonly unknown[]): void {
  parts.forEach((part, index) => {
    const task = tasks[index];
    if (part && typeof task === "string") part.task = task;
  });
}

/** Whether the members are own data, so that reading them does not run foreign code. */
function hasOwnMembers(group: unknown): boolean {
  return (ownData(group, "errors") ?? ownData(group, "suppressed")) !== undefined;
}

/** Returns the leaves of a tree, in order. */
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
