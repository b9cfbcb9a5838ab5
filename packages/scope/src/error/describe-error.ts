import { read } from "../support/brand.js";
import { escapeText } from "./escape.js";
import { isPrimitive, type KeyBudget, printPrimitive, printProperties, printValue } from "./print-value.js";

/** How one value is printed: a line, and the lines below it. All texts are escaped. */
export interface Description {
  readonly title: string;
  /** The frames of the stack; empty for a value that is not an error. */
  readonly frames: readonly string[];
  /** The error's own primitive data, such as its `code`; empty if there is none. */
  readonly properties: string;
}

const LONGEST_VALUE = 1_000;
const LONGEST_MESSAGE = 100_000;
const LONGEST_STACK = 100_000;
/** The most lines of a stack that are read, whether or not they are frames, so that reading takes about as long as printing. */
const MOST_LINES = 100;

/** Properties that are printed in another place. */
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

/** Returns a property that is a string; otherwise `undefined`. */
function textOf(error: unknown, key: string): string | undefined {
  const text = read(error, key);
  return typeof text === "string" ? text : undefined;
}

/**
 * Returns the frames of a stack. If it is unknown which lines are the message, the stack is one escaped text, so that a message cannot forge a
 * frame.
 */
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
 * Returns the index where the frames begin, or `undefined` if it is unknown. V8 writes the name and the message before the frames, as they are when
 * the stack is first read. If the name has changed since, the message is still found. If the message has changed, its end is unknown. Other
 * engines write neither.
 */
function startOfFrames(stack: string, name: string, message: string): number | undefined {
  const [messageLine = ""] = message.split("\n", 1);
  const [line = ""] = stack.slice(0, LONGEST_VALUE + messageLine.length).split("\n", 1);
  const starts: number[] = [];
  if (stack.startsWith(name)) starts.push(name.length, name.length + 2); // the name may have several lines
  if (line === messageLine || line.endsWith(`: ${messageLine}`)) starts.push(line.length - messageLine.length);
  for (const start of starts) {
    const end = start + message.length;
    if (stack.startsWith(message, start) && (end === stack.length || stack[end] === "\n")) return end;
  }
  if (/^(\w{0,100}Error)?$/.test(line)) return line.length; // the message was set after the stack was read
  return /^[^@:]{0,500}@/.test(line) && isUrlFrame(line) ? 0 : undefined;
}

/** Whether a line is a frame as JavaScriptCore and SpiderMonkey write it. The expression does not backtrack, because the line may be any message. */
function isUrlFrame(line: string): boolean {
  return line.includes("@") && /(:\d+|\[native code\])$/.test(line.slice(-20));
}

/** Prints the error's own primitive data, except what is printed in another place. */
function propertiesOf(error: object, keys: KeyBudget): string {
  try {
    const text = printProperties(error, (key, value) => !SHOWN.has(key) && isPrimitive(value), LONGEST_VALUE, keys);
    return text === "" ? "" : `{${escapeText(text, LONGEST_VALUE)}}`;
  } catch {
    return ""; // a proxy that throws
  }
}
