import {
  type ErrorResult,
  type HandleCase,
  handleCases,
  type Handled,
  type SplitCase,
  splitCases,
} from "./group-cases.js";
import { handleOnSelvage, splitOnSelvage } from "./groups-on-selvage.js";
import type { Comparison, Oracle } from "./oracle.js";
import type { Python } from "./python.js";

/** Whether `split` and `subgroup` part groups as CPython's do. */
export const splitOracle: Oracle<SplitCase> = { name: "split", cases: splitCases, compare: compareSplit };

/** Whether `except` handles errors as `except*` does. */
export const exceptOracle: Oracle<HandleCase> = { name: "except", cases: handleCases, compare: compareHandled };

async function compareSplit(one: SplitCase, python: Python): Promise<Comparison> {
  const here = splitOnSelvage(one);
  const sights: string[] = [];
  if (here.match === null) sights.push("nothing matched");
  else if (here.rest === null) sights.push(isSame(here.match) ? "the root matched" : "all members matched");
  else sights.push("some members matched");
  if (here.match !== null && membersOf(here.match).some(isSame)) sights.push("a nested group was taken whole");
  if (membersOf(one.error).some((member) => "members" in member)) sights.push("groups were nested");
  return compared(one, here, await python.split(one), sights);
}

async function compareHandled(one: HandleCase, python: Python): Promise<Comparison> {
  const here = handleOnSelvage(one);
  const there = await python.handle(one);
  const sights = [here.thrown === null ? "all was handled" : "something was thrown"];
  const called = one.clauses.filter((_, number) => here.caught[number] !== null);
  if (called.length === 0) sights.push("nothing matched");
  if (called.length > 1) sights.push("several handlers were called");
  if (!("members" in one.error)) sights.push("an error was no group");
  const swallowed = called.some(({ then }) => then.do === "swallow");
  for (const { then } of called) {
    sights.push(`a handler would ${then.do}`);
    if (then.do === "reraise" && swallowed) sights.push("one handler rethrew, another handled");
  }
  if (here.thrown !== null && isUnnamed(here.thrown)) sights.push("errors were collected");
  return compared(one, normalised(here), normalised(wrapperTakenOff(one, there)), sights);
}

/** Both may say differently what differences.md has under E4 and E5: which objects are the same, new messages, and order. */
function normalised({ caught, thrown }: Handled): Handled {
  return { caught: caught.map(plain), thrown: plain(thrown) };
}

function plain(error: ErrorResult | null): ErrorResult | null {
  if (error === null || !("members" in error)) return error;
  const members = error.members.map((member) => plain(member)!);
  if (!isUnnamed(error)) return { ...error, same: false, members };
  return {
    ...error,
    same: false,
    message: "",
    members: members.toSorted((one, other) => (show(one) < show(other) ? -1 : 1)),
  };
}

/** A group that `except*` or `except` made itself. Those of a case have names. */
function isUnnamed(error: ErrorResult): boolean {
  return "members" in error && ["", "1 error", "errors while handling a group"].includes(error.message);
}

/** CPython rethrows an error that is no group in the group that it was handled as; Selvage as itself (E5). */
function wrapperTakenOff({ error, clauses }: HandleCase, handled: Handled): Handled {
  const { caught, thrown } = handled;
  const called = clauses.find((_, number) => caught[number] !== null);
  if ("members" in error || called?.then.do !== "reraise" || thrown === null || !isUnnamed(thrown)) return handled;
  return { caught, thrown: membersOf(thrown)[0]! };
}

function membersOf<E extends object>(error: E | { readonly members: readonly E[] }): readonly E[] {
  return "members" in error ? error.members : [];
}

function isSame(error: ErrorResult): boolean {
  return "same" in error && error.same;
}

function compared(one: unknown, here: unknown, there: unknown, sights: readonly string[]): Comparison {
  if (JSON.stringify(here) === JSON.stringify(there)) return { sights };
  return { sights, difference: `${show(one)}\n\nSelvage:\n${show(here)}\n\nCPython:\n${show(there)}` };
}

function show(data: unknown): string {
  return JSON.stringify(data, null, 2);
}
