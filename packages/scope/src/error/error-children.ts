import { listOf } from "./aggregate.js";
import { read } from "../support/brand.js";
import { escapeText, quoteName } from "./escape.js";
import { ownData } from "./own-data.js";

/** A line of the tree below an error. A child without a value is a line of text. */
export type Child = { readonly label: string; readonly value: unknown } | { readonly label: string };

/** What is printed below an error. */
export interface Children {
  /** How many children the error has, including those that are not printed. */
  readonly count: number;
  /** The children that are printed. Each is read only when the iterator reaches it. */
  readonly below: Iterator<Child, undefined>;
}

/** Returns the children of an error: its cause, its members, and then `unwound` (E8). */
export function childrenOf(error: object, most: number): Children {
  const cause = read(error, "cause");
  const members = listOf(error);
  const unwound = members === undefined ? undefined : ownData(error, "unwound");
  const tasks = ownData(error, "tasks");
  const [memberCount, unwoundCount] = [lengthOf(members), lengthOf(unwound)];
  return {
    count: (cause === undefined ? 0 : 1) + memberCount + unwoundCount,
    below: (function* (): Generator<Child, undefined> {
      if (cause !== undefined) yield { label: "cause", value: cause };
      yield* listed(
        members,
        memberCount,
        most,
        (index, member) => `${index + 1}${taskLabel(ownData(tasks, index), member)}`,
      );
      yield* listed(unwound, unwoundCount, most, () => "unwound");
      return undefined;
    })(),
  };
}

/** Yields the first `most` elements of a list, and a line that states how many more it has. */
function* listed(
  list: unknown,
  count: number,
  most: number,
  labelOf: (index: number, value: unknown) => string,
): Generator<Child> {
  for (let index = 0; index < Math.min(count, most); index++) {
    const value = read(list, index);
    yield { label: labelOf(index, value), value };
  }
  if (count > most) yield { label: `… ${count - most} more, beyond maxMembers ${most}` };
}

/** Returns where the task was created that failed with an error. Only `debug/creation-site.ts` sets it; `undefined` until then. */
let failureSite: ((error: unknown) => string | undefined) | undefined;

/** Sets the function that knows where failed tasks were created. */
export function setFailureSites(siteOf: (error: unknown) => string | undefined): void {
  failureSite = siteOf;
}

/** Returns the name of the task whose failure a member is, and where the task was created if that was recorded. */
function taskLabel(task: unknown, member: unknown): string {
  if (typeof task !== "string") return "";
  const site = failureSite?.(member);
  return `: task ${quoteName(task)}${site === undefined ? "" : ` (created at ${escapeText(site, 300)})`}`;
}

/** Returns the length of a list, or 0 if it is not a valid length. A proxy can return anything. */
function lengthOf(list: unknown): number {
  const length = typeof list === "object" && list !== null ? read(list, "length") : 0;
  return Number.isSafeInteger(length) ? Math.max(0, length as number) : 0;
}
