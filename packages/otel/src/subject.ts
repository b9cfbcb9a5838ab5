import type { CancelScope } from "@selvage/scope";
import { escapeText, isNamed, kindOf, labelOf } from "@selvage/scope/internal";
import { parentOf } from "@selvage/scope/lowlevel";

/*
 * What spans and metrics say about a scope. It reads no clock and runs no foreign code, except for the name of a function.
 */

/** The kind of a scope: "task", "TaskGroup", "timeout", "scope", or "run" for one run of a restarted task. */
export function kindFor(scope: CancelScope): string {
  return isRun(scope) ? "run" : kindOf(scope);
}

/** Whether the scope is that of one run of a restarted task. It lies below the scope of the task. */
export function isRun(scope: CancelScope): boolean {
  const label = labelOf(scope);
  return label?.attempt !== undefined && label.kind !== "task";
}

/** Whether a scope has a span by default. */
export function isImportant(scope: CancelScope): boolean {
  const label = labelOf(scope);
  if (label === undefined) return false; // a plain scope
  if (isNamed(scope) || isRun(scope)) return true;
  return label.kind === "task" && isSupervised(scope);
}

function isSupervised(task: CancelScope): boolean {
  const owner = parentOf(task);
  return owner !== undefined && kindOf(owner) === "Supervisor";
}

/** Whether a scope belongs to a task or another primitive, and is not a plain scope. */
export function isLabelled(scope: CancelScope): boolean {
  return labelOf(scope) !== undefined;
}

/** The maximum length of the name of a span. */
const LONGEST_NAME = 200;

/** The name of the span of a scope: its name, or else its kind. For a run of a task it is `NAME run`, and for an attempt of a retry `NAME attempt`. */
export function spanName(scope: CancelScope): string {
  if (isRun(scope)) return `${text(nameFor(scope) ?? "task")} run`;
  const { name } = scope;
  if (name !== undefined && isNamed(scope) && kindOf(scope) === "attempt") return `${text(name)} attempt`;
  return name !== undefined && (isNamed(scope) || kindOf(scope) === "task") ? text(name) : kindOf(scope);
}

/** The name of a scope. For a run of a task it is the name of the task. */
export function nameFor(scope: CancelScope): string | undefined {
  return isRun(scope) ? parentOf(scope)?.name : scope.name;
}

function text(name: string): string {
  return escapeText(name, LONGEST_NAME);
}
