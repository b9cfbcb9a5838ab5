import { format } from "@selvage/exception-group";
import { findingsOf } from "./findings.js";
import type { Recording } from "./record.js";
import type { Outcome, TraceEvent } from "./trace-event.js";

/** Describes an event in a few words. */
export function describe(event: TraceEvent): string {
  switch (event.kind) {
    case "started":
      return `${event.task} starts`;
    case "cancelled":
      return `${event.task} is cancelled`;
    case "cleaning":
      return `${event.task} cleans up`;
    case "returned":
      return `${event.task} returns`;
    case "failed":
      return `${event.task} fails: ${titleOf(event.error)}`;
    case "stopped":
      return `${event.task} has stopped, cancelled`;
    case "marked":
      return event.what;
    case "reported":
      return `onError receives the error of ${event.task}`;
    case "back":
      return `the caller has control back: ${outcomeTitle(event.outcome)}`;
  }
}

/** Describes the outcome in a few words. */
export function outcomeTitle(outcome: Outcome): string {
  return outcome.ok ? `value ${show(outcome.value)}` : `throws ${titleOf(outcome.error)}`;
}

/** Writes out the outcome: a value as a literal, an error as a tree. */
export function outcomeText(outcome: Outcome): string {
  return outcome.ok ? showPlaces(outcome.value) : treeOf(outcome.error);
}

/** Describes the result of a run in sentences. */
export function summaryOf(name: string, recording: Recording): string {
  const { outcome } = recording;
  const { left, lost } = findingsOf(recording);
  return [
    `${name}: the caller has control back after ${outcome.at} ms, ${outcomeTitle(outcome)}.`,
    left.length === 0 ? "Nothing is left running." : `Still running: ${left.join(", ")}.`,
    ...(lost.length === 0 ? [] : [`Error lost: ${lost.join(", ")}.`]),
  ].join(" ");
}

/** The error as `format` draws it, without the stacks, which are of no interest here. */
function treeOf(error: unknown): string {
  return format(error, { color: false })
    .split("\n")
    .filter((line) => !/^[ │]*(at |\S*@.*:\d+$)/.test(line))
    .join("\n");
}

function titleOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : show(error);
}

/** A list with each item on a separate line. */
function showPlaces(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return show(value);
  return `[\n${value.map((item) => `  ${show(item)},\n`).join("")}]`;
}

/** A value as a literal. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value instanceof Error) return titleOf(value);
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, item]) => `${key}: ${show(item)}`)
      .join(", ")} }`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
