import { ExceptionGroup } from "@selvage/scope";
import { describeValue, nameTasks, ownData } from "@selvage/scope/internal";
import { fold } from "./fold.js";
import { isExceptionGroup, read } from "./members.js";
import type { Position } from "./tree.js";

export type Halves = readonly [match: Position | undefined, rest: Position | undefined];

/**
 * Splits a tree in two that keep its structure (E3). `matches` is asked of every group before its members, in order. The rest is
 * made only where it is wanted: a `derive` may cost something.
 */
export function partition(root: Position, matches: (position: Position) => boolean, wantRest: boolean): Halves {
  let matched = false;
  return fold<Position, Halves>(
    root,
    (position) => {
      matched = matches(position);
      return matched ? undefined : position.members;
    },
    (position, parts) => {
      if (!parts) return matched ? [position, undefined] : [undefined, position];
      return [rebuild(position, parts, 0), wantRest ? rebuild(position, parts, 1) : undefined];
    },
  );
}

/** A position's `ExceptionGroup`, as handlers get it: a leaf becomes a group of one. */
export function asGroup({ error, members }: Position): ExceptionGroup {
  if (!members) return new ExceptionGroup(undefined, [error]);
  return isExceptionGroup(error) ? error : regroup(error, members);
}

function rebuild({ error, task }: Position, parts: readonly Halves[], half: 0 | 1): Position | undefined {
  const members = parts.map((part) => part[half]).filter((part) => part !== undefined);
  return members.length > 0 ? { error: regroup(error, members), members, task } : undefined;
}

/** A group like the `original`, of these members (E2, E3). */
function regroup(original: unknown, members: readonly Position[]): ExceptionGroup {
  const errors = members.map((member) => member.error);
  const message = read(original, "message");
  const group: unknown = isExceptionGroup(original)
    ? original.derive(errors)
    : new ExceptionGroup(typeof message === "string" ? message : undefined, errors);
  if (!isExceptionGroup(group)) {
    throw new TypeError(`expected derive to return an ExceptionGroup, got ${describeValue(group)}`);
  }
  const cause = read(original, "cause");
  if (cause !== undefined && !("cause" in group)) {
    // `Reflect`, because a derived group may be frozen, and then goes without.
    Reflect.defineProperty(group, "cause", { value: cause, writable: true, configurable: true });
  }
  const unwound = ownData(original, "unwound");
  nameTasks(
    group,
    members.map(({ task }) => task),
    Array.isArray(unwound) ? unwound : [],
  );
  return group;
}
