import { inspect, types } from "node:util";
import { membersOf } from "@selvage/scope/lowlevel";

/** What lies deeper is counted, not printed: errors may be 100,000 deep. */
const DEEPEST = 50;

/**
 * An error for people to read: name, message, stack and properties, and below them its cause and members, to any depth they
 * are likely to have. `util.inspect` leaves out members of nested groups, and where it is told to go deeper, it prints the whole
 * socket that hangs on the error of a request.
 */
export function formatError(error: unknown): string {
  return format(error, 0, new Set());
}

function format(error: unknown, depth: number, seen: Set<unknown>): string {
  try {
    if (!types.isNativeError(error) && !(error instanceof Error)) return inspect(error);
    const title = error.message === "" ? error.name : `${error.name}: ${error.message}`;
    if (seen.has(error)) return `${title} [shown above]`;
    seen.add(error);
    return [title, ...details(error), ...below(error, depth, seen)].join("\n");
  } catch {
    return "[an error that cannot be printed]"; // its own getters throw
  }
}

function details(error: Error): string[] {
  const frames = String(error.stack)
    .split("\n")
    .filter((line) => /^ +at /.test(line));
  const shownElsewhere = ["name", "message", "stack", "cause"];
  if (membersOf(error) !== undefined) shownElsewhere.push("errors");
  const properties = Object.entries(error).filter(([key]) => !shownElsewhere.includes(key));
  if (properties.length === 0) return frames;
  return [...frames, indent(inspect(Object.fromEntries(properties)), 4)];
}

function below(error: Error, depth: number, seen: Set<unknown>): string[] {
  const children = (membersOf(error) ?? []).map((member, index) => ({ label: String(index + 1), child: member }));
  if (error.cause !== undefined) children.unshift({ label: "cause", child: error.cause });
  if (depth === DEEPEST && children.length > 0) return [`  … ${children.length} more below`];
  return children.map(({ label, child }) => indent(`${label}: ${format(child, depth + 1, seen)}`, 2));
}

function indent(text: string, width: number): string {
  return text.replaceAll(/^/gm, " ".repeat(width));
}
