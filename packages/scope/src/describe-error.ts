import { read } from "./brand.js";
import { escapeText } from "./escape.js";
import { isPrimitive, printProperties, printValue } from "./print-value.js";

/** What one value looks like in print: a line, and the lines below it. All are escaped. */
export interface Description {
  readonly title: string;
  readonly frames: readonly string[];
  /** The error's own primitive data, such as its `code`; empty if there is none. */
  readonly properties: string;
}

const LONGEST_VALUE = 1_000;
const LONGEST_MESSAGE = 100_000;
const LONGEST_STACK = 100_000;
const MOST_FRAMES = 100;

/** Printed elsewhere. */
const SHOWN = new Set(["name", "message", "stack", "cause", "errors", "error", "suppressed", "tasks", "unwound"]);

/** Describes an error, or any value. Never throws, and takes time linear in what it returns. */
export function describeError(error: unknown): Description {
  const [name, message, stack] = isPrimitive(error)
    ? []
    : ["name", "message", "stack"].map((key) => textOf(error, key));
  if (typeof error !== "object" || (message ?? stack) === undefined) {
    return { title: printValue(error, LONGEST_VALUE), frames: [], properties: "" };
  }
  return {
    title: escapeText(name ?? "Error", LONGEST_VALUE) + (message ? `: ${escapeText(message, LONGEST_MESSAGE)}` : ""),
    frames: framesOf(stack ?? "", message ?? ""),
    properties: propertiesOf(error!),
  };
}

function textOf(error: unknown, key: string): string | undefined {
  const text = read(error as object, key);
  return typeof text === "string" ? text : undefined;
}

function framesOf(stack: string, message: string): string[] {
  // The message is removed, so that it cannot look like a frame. It follows the name that the error had when it was made.
  const start = stack.slice(0, LONGEST_VALUE).indexOf(": ") + 2;
  const hasMessage = start > 1 && stack.startsWith(message, start);
  const lines = stack.substring(hasMessage ? start + message.length : 0).slice(0, LONGEST_STACK);
  return lines
    .split("\n")
    .filter(isFrame)
    .slice(0, MOST_FRAMES)
    .map((line) => escapeText(line.trim(), LONGEST_VALUE));
}

/** As V8 writes one, and as JavaScriptCore does. Neither test backtracks: a line may be a message of any kind. */
function isFrame(line: string): boolean {
  return /^ +at /.test(line) || (line.includes("@") && /:\d+$/.test(line.slice(-20)));
}

function propertiesOf(error: object): string {
  try {
    const text = printProperties(error, (key, value) => !SHOWN.has(key) && isPrimitive(value), LONGEST_VALUE);
    return text === "" ? "" : `{${escapeText(text, LONGEST_VALUE)}}`;
  } catch {
    return ""; // a proxy that throws
  }
}
