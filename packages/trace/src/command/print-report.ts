import { escapeText, quoteName } from "@selvage/scope/internal";
import type { ContainerSnapshot, ScopeSnapshot, Snapshot } from "@selvage/scope/debug";
import type { Report } from "../register/report.js";

const LONGEST_TEXT = 300;
/** Deeper lines are not indented further. */
const DEEPEST_INDENT = 40;

/** Prints a report, a line for each scope and task, those in it below it. Names are escaped, so that they cannot control the terminal. */
export function printReport({ pid, title, uptime, trees, moreTrees, errors }: Report): string[] {
  const sizes = trees.map(sizeOf);
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const program = escapeText(title, LONGEST_TEXT);
  const head = `${program} (PID ${pid}), up ${printTime(uptime)}: ${plural(count, "scope")} in ${plural(trees.length + moreTrees, "tree")}`;
  const lines = [head, ...trees.flatMap(printTree)];
  if (moreTrees > 0) lines.push(`… and ${plural(moreTrees, "more tree")}`);
  for (const error of errors) lines.push(`a tree cannot be read: ${escapeText(error, LONGEST_TEXT)}`);
  return lines;
}

/** How many scopes and tasks are live in a tree. */
function sizeOf({ containers, more }: Snapshot): number {
  return containers.reduce((sum, { tasks }) => sum + 1 + tasks.length, more);
}

function printTree({ containers, more }: Snapshot): string[] {
  /** The containers directly in each task or container. */
  const inside = new Map<number | null, ContainerSnapshot[]>();
  for (const container of containers) {
    const place = container.owner ?? container.parent;
    const siblings = inside.get(place);
    if (siblings === undefined) inside.set(place, [container]);
    else siblings.push(container);
  }
  const lines: string[] = [];
  // Not recursive, because a tree may be deep.
  const stack: Line[] = (inside.get(null) ?? []).map((scope) => ({ id: scope.container, scope, depth: 0 }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { id, scope, depth } = next;
    lines.push("  ".repeat(Math.min(depth, DEEPEST_INDENT)) + printScope(scope));
    const below: Line[] = [
      ...(scope.tasks ?? []).map((task) => ({ id: task.id, scope: task, depth: depth + 1 })),
      ...(inside.get(id) ?? []).map((one) => ({ id: one.container, scope: one, depth: depth + 1 })),
    ];
    for (const one of below.reverse()) stack.push(one);
  }
  if (more > 0) lines.push(`  … and ${more} more in this tree`);
  return lines;
}

/** A scope that is printed at a depth. */
interface Line {
  readonly id: number;
  readonly scope: Printed;
  readonly depth: number;
}

type Printed = ScopeSnapshot & Partial<Pick<ContainerSnapshot, "tasks">>;

function printScope(scope: Printed): string {
  const { kind, name, status, cancelled, cancelledBy, cancelledFor, shielded, waiting, holding, age, site } = scope;
  const facts: string[] = [];
  if (shielded) facts.push("shielded");
  if (cancelled === null || kind === "task") facts.push(status);
  if (age !== null) facts.push(`for ${printTime(age)}`);
  if (cancelled !== null) {
    const since = cancelledFor === null ? "" : ` for ${printTime(cancelledFor)}`;
    const name = cancelledBy?.name ?? null;
    const by = cancelledBy === null ? "" : ` by ${cancelledBy.kind}${name === null ? "" : ` ${quoteName(name)}`}`;
    // The message begins with the name of the owner, which was just printed.
    const [, ...reason] = cancelled.split(" was cancelled");
    facts.push(`cancelled${since}${by}${escapeText(reason.join(" was cancelled"), LONGEST_TEXT)}`);
  }
  for (const what of waiting) facts.push(`waits for ${escapeText(what, LONGEST_TEXT)}`);
  for (const what of holding) facts.push(`holds ${escapeText(what, LONGEST_TEXT)}`);
  if (site !== null) facts.push(`created at ${escapeText(site, LONGEST_TEXT)}`);
  return `${escapeText(kind, LONGEST_TEXT)}${name === null ? "" : ` ${quoteName(name)}`}: ${facts.join(", ")}`;
}

/** Prints a duration in its largest units. */
function printTime(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
