import {
  type ErrorResult,
  type HandleCase,
  handleCases,
  type Handled,
  type Halves,
  type SplitCase,
  splitCases,
} from "./group-cases.js";
import { handleOnSelvage, splitOnSelvage } from "./groups-on-selvage.js";
import type { Oracle } from "./oracle.js";

/** Compares `split` and `subgroup` with those of CPython. */
export const splitOracle: Oracle<SplitCase> = {
  name: "split",
  cases: splitCases,
  show,
  onSelvage(one) {
    const halves = splitOnSelvage(one);
    return { lines: linesOf(halves), sights: sightsOfSplit(one, halves) };
  },
  async onCPython(one, python) {
    return linesOf(await python.split(one));
  },
};

/** Compares `except` with `except*`. */
export const exceptOracle: Oracle<HandleCase> = {
  name: "except",
  cases: handleCases,
  show,
  onSelvage(one) {
    const handled = handleOnSelvage(one);
    return { lines: linesOf(normalised(handled)), sights: sightsOfHandled(one, handled) };
  },
  async onCPython(one, python) {
    return linesOf(normalised(wrapperTakenOff(one, await python.handle(one))));
  },
};

function sightsOfSplit({ error }: SplitCase, { match, rest }: Halves): ReadonlySet<string> {
  const sights = new Set<string>();
  if (match === null) sights.add("nothing matched");
  else if (rest !== null) sights.add("some members matched");
  else sights.add(isSame(match) ? "the root matched" : "all members matched");
  if (match !== null && membersOf(match).some(isSame)) sights.add("a nested group was taken whole");
  if (error.members.some((member) => "members" in member)) sights.add("groups were nested");
  return sights;
}

function sightsOfHandled({ error, clauses }: HandleCase, { caught, thrown }: Handled): ReadonlySet<string> {
  const called = clauses.filter((_, number) => caught[number] !== null);
  const sights = new Set(called.map(({ then }) => `a handler would ${then.do}`));
  sights.add(thrown === null ? "all was handled" : "something was thrown");
  if (called.length === 0) sights.add("nothing matched");
  if (called.length > 1) sights.add("several handlers were called");
  if (sights.has("a handler would reraise") && sights.has("a handler would swallow")) {
    sights.add("one handler rethrew, another handled");
  }
  if (!("members" in error)) sights.add("an error was no group");
  if (thrown !== null && isUnnamed(thrown)) sights.add("errors were collected");
  return sights;
}

/** Removes what may differ by E4 and E5 in differences.md: the identity of objects, messages of new groups, and their order. */
function normalised({ caught, thrown }: Handled): Handled {
  return { caught: caught.map(plain), thrown: plain(thrown) };
}

function plain(error: ErrorResult | null): ErrorResult | null {
  if (error === null || !("members" in error)) return error;
  const members = error.members.map((member) => plain(member)!);
  if (!isUnnamed(error)) return { ...error, same: false, members };
  const sorted = members.toSorted((one, other) => (show(one) < show(other) ? -1 : 1));
  return { ...error, same: false, message: "", members: sorted };
}

/** Whether `except*` or `except` made the group. The groups of a case have names. */
function isUnnamed(error: ErrorResult): boolean {
  return "members" in error && ["", "1 error", "errors while handling a group"].includes(error.message);
}

/** CPython rethrows a single error in the group in which it was handled; Selvage rethrows the error itself (E5). */
function wrapperTakenOff({ error, clauses }: HandleCase, handled: Handled): Handled {
  const { caught, thrown } = handled;
  const called = clauses.find((_, number) => caught[number] !== null);
  if ("members" in error || called?.then.do !== "reraise" || thrown === null || !isUnnamed(thrown)) return handled;
  return { caught, thrown: membersOf(thrown)[0]! };
}

function membersOf(error: ErrorResult): readonly ErrorResult[] {
  return "members" in error ? error.members : [];
}

function isSame(error: ErrorResult): boolean {
  return "same" in error && error.same;
}

function linesOf(result: Halves | Handled): readonly string[] {
  return Object.entries(result).map(([name, value]) => `${name}: ${show(value)}`);
}

function show(data: unknown): string {
  return JSON.stringify(data);
}
