import { ExceptionGroup } from "@selvage/scope";
import { describeValue, nameTasks, ownData, read } from "@selvage/scope/internal";
import { fold } from "./fold.js";
import { isExceptionGroup } from "./is-exception-group.js";
import type { Position } from "./tree.js";

/** The two halves of a tree; `undefined` for an empty half. */
export type Halves = readonly [match: Position | undefined, rest: Position | undefined];

/**
 * Splits a tree in two trees that keep its structure (E3). `matches` is called for every group before its members, in order. The rest is made only if
 * `wantRest` is true, because a `derive` may be expensive.
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

/** Returns the group of a position as handlers receive it. A leaf becomes a group of one. */
export function asGroup({ error, members }: Position): ExceptionGroup {
  if (!members) return new ExceptionGroup(undefined, [error]);
  return isExceptionGroup(error) ? error : regroup(error, members);
}

/** Makes one half of a group from the halves of its members; `undefined` if it is empty. */
function rebuild({ error, task }: Position, parts: readonly Halves[], half: 0 | 1): Position | undefined {
  const members = parts.map((part) => part[half]).filter((part) => part !== undefined);
  return members.length > 0 ? { error: regroup(error, members), members, task } : undefined;
}

/** Makes a group like the `original` with other members (E2, E3). */
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
    // `Reflect`, because a derived group may be frozen. Then it does not get the cause.
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
