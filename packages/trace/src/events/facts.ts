import { type CancelScope, format } from "@selvage/scope";
import { escapeText } from "@selvage/scope/internal";
import { factsOf, parentOf, type ScopeFacts } from "@selvage/scope/lowlevel";

const LONGEST_NAME = 100;
const LONGEST_ERROR = 1_000;

/** The ids of scopes whose facts cannot be read. They are negative, so that they differ from all others. */
const substitutes = new WeakMap<CancelScope, number>();
let latest = 0;

/** Returns the facts of a scope. If a clock throws, most are missing: the program did not read the clock, so it must not fail because of that. */
export function readFacts(scope: CancelScope): ScopeFacts {
  try {
    return factsOf(scope);
  } catch {
    let id = substitutes.get(scope);
    if (id === undefined) substitutes.set(scope, (id = --latest));
    const { name } = scope;
    return {
      id,
      kind: "scope",
      name,
      named: name !== undefined,
      status: "live",
      attempt: undefined,
      deadline: Infinity,
      cancelledBy: undefined,
      cancelledAt: undefined,
    };
  }
}

/** The name of a scope for a reader, or its kind if it does not have one. It is bounded, and control characters are escaped. */
export function titleOf({ name, kind }: ScopeFacts): string {
  return escapeText(name === undefined || name === "" ? kind : name, LONGEST_NAME);
}

/** A scope as messages name it: `task "fetch" #12`. */
export function labelOf(facts: ScopeFacts): string {
  const { name, kind, id } = facts;
  return name === undefined ? `${kind} #${id}` : `${kind} "${titleOf(facts)}" #${id}`;
}

/** The first line of an error as it is printed. It never throws, whatever was thrown. */
export function errorText(error: unknown): string {
  const [line = ""] = format(error, { color: false, maxDepth: 0, maxMembers: 0 }).split("\n", 1);
  return escapeText(line, LONGEST_ERROR);
}

/** Returns the task, if a scope is that of one of its runs, and not of the first one. */
export function restartedTask(scope: CancelScope): CancelScope | undefined {
  const { kind, attempt = 1 } = readFacts(scope);
  return kind !== "task" && attempt > 1 ? parentOf(scope) : undefined;
}
