import { read } from "../support/brand.js";
import { escapeText } from "./escape.js";
import { isPrimitive, type KeyBudget, printPrimitive, printProperties, printValue } from "./print-value.js";

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
/** Frames or not: what is read of a stack must not be much more than what is printed. */
const MOST_LINES = 100;

/** Printed elsewhere. */
const SHOWN = new Set(["name", "message", "stack", "cause", "errors", "error", "suppressed", "tasks", "unwound"]);

/** Describes an error, or any value. Never throws, and takes time linear in what it returns. */
export function describeError(error: unknown, keys: KeyBudget): Description {
  const [name, message, stack] = isPrimitive(error)
    ? []
    : ["name", "message", "stack"].map((key) => textOf(error, key));
  if (typeof error !== "object" || (message ?? stack) === undefined) {
    return { title: printValue(error, LONGEST_VALUE, keys), frames: [], properties: "" };
  }
  return {
    title: escapeText(name ?? "Error", LONGEST_VALUE) + (message ? `: ${escapeText(message, LONGEST_MESSAGE)}` : ""),
    frames: framesOf(stack ?? "", name ?? "", message ?? ""),
    properties: propertiesOf(error!, keys),
  };
}

function textOf(error: unknown, key: string): string | undefined {
  const text = read(error as object, key);
  return typeof text === "string" ? text : undefined;
}

/** The frames of a stack. Where it is not known which lines are the message, which could forge a frame, the stack is one escaped text. */
function framesOf(stack: string, name: string, message: string): string[] {
  const start = startOfFrames(stack, name, message);
  if (start === undefined) return [`stack: ${printPrimitive(stack, LONGEST_VALUE)}`];
  return stack
    .slice(start, start + LONGEST_STACK)
    .split("\n", MOST_LINES)
    .filter((line) => /^ {1,50}at /.test(line) || isUrlFrame(line))
    .map((line) => escapeText(line.trim(), LONGEST_VALUE));
}

/**
 * Where the frames begin. V8 writes the name and the message before them, as they are when the stack is first read. The name may have changed
 * since. If the message has, it is not known where it ended. The other engines write neither.
 */
function startOfFrames(stack: string, name: string, message: string): number | undefined {
  const [messageLine = ""] = message.split("\n", 1);
  const [line = ""] = stack.slice(0, LONGEST_VALUE + messageLine.length).split("\n", 1);
  const starts: number[] = [];
  if (stack.startsWith(name)) starts.push(name.length, name.length + 2); // also where the name has several lines
  if (line === messageLine || line.endsWith(`: ${messageLine}`)) starts.push(line.length - messageLine.length);
  for (const start of starts) {
    const end = start + message.length;
    if (stack.startsWith(message, start) && (end === stack.length || stack[end] === "\n")) return end;
  }
  if (/^(\w{0,100}Error)?$/.test(line)) return line.length; // the message was set later
  return /^[^@:]{0,500}@/.test(line) && isUrlFrame(line) ? 0 : undefined;
}

/** As JavaScriptCore and SpiderMonkey write one. It does not backtrack: a line may be a message of any kind. */
function isUrlFrame(line: string): boolean {
  return line.includes("@") && /(:\d+|\[native code\])$/.test(line.slice(-20));
}

function propertiesOf(error: object, keys: KeyBudget): string {
  try {
    const text = printProperties(error, (key, value) => !SHOWN.has(key) && isPrimitive(value), LONGEST_VALUE, keys);
    return text === "" ? "" : `{${escapeText(text, LONGEST_VALUE)}}`;
  } catch {
    return ""; // a proxy that throws
  }
}
