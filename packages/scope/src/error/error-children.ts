import { listOf } from "./aggregate.js";
import { read } from "../support/brand.js";
import { escapeText, quoteName } from "./escape.js";
import { ownData } from "./own-data.js";

/** Without a value, only a line of text. */
export type Child = { readonly label: string; readonly value: unknown } | { readonly label: string };

export interface Children {
  /** How many there are, printed or not. */
  readonly count: number;
  readonly below: Iterator<Child, undefined>;
}

/** The cause, the members and then `unwound` (E8). Each is read when it is asked for. */
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

function* listed(
  list: unknown,
  count: number,
  most: number,
  labelOf: (index: number, value: unknown) => string,
): Generator<Child> {
  for (let index = 0; index < Math.min(count, most); index++) {
    const value = read(list as object, index);
    yield { label: labelOf(index, value), value };
  }
  if (count > most) yield { label: `… ${count - most} more, beyond maxMembers ${most}` };
}

/** Where the task was created that failed with an error. Set by `recordCreationSites`, and by nothing else. */
let failureSite: ((error: unknown) => string | undefined) | undefined;

export function setFailureSites(siteOf: (error: unknown) => string | undefined): void {
  failureSite = siteOf;
}

/** The task whose failure a member is, and where it was created if that was recorded. */
function taskLabel(task: unknown, member: unknown): string {
  if (typeof task !== "string") return "";
  const site = failureSite?.(member);
  return `: task ${quoteName(task)}${site === undefined ? "" : ` (created at ${escapeText(site, 300)})`}`;
}

/** A proxy may have any length. */
function lengthOf(list: unknown): number {
  const length = typeof list === "object" && list !== null ? read(list, "length") : 0;
  return Number.isSafeInteger(length) ? Math.max(0, length as number) : 0;
}
