import { describeError } from "./describe-error.js";
import { type Child, childrenOf } from "./error-children.js";
import { checkOptions, describeValue } from "../support/arguments.js";
import { isPrimitive } from "./print-value.js";

/** How {@link format} prints. */
export interface FormatOptions {
  /** How many levels of members and causes are printed below the error; `Infinity` for all. Default: 50. */
  readonly maxDepth?: number | undefined;
  /** How many members of each group are printed; `Infinity` for all. Default: 100. */
  readonly maxMembers?: number | undefined;
  /** Whether to use colour. Default: true if standard output is a terminal and `NO_COLOR` is not set. */
  readonly color?: boolean | undefined;
}

/** The maximum length in bytes: a megabyte, less the space for the last line. */
const LONGEST = 999_900;

/** How many keys of objects are listed in all. A single object may have more keys, and is still listed. */
const MOST_KEYS = 100_000;

/** Deeper lines are not indented further. Otherwise the size of the result would grow with the square of the depth. */
const DEEPEST_INDENT = 50;

/**
 * Prints an error as a tree: its name, message, stack and own primitive properties, and below them its `cause` and the members of a group. Members
 * are numbered, and have the names of their tasks.
 *
 * The text is for people to read, not for programs. It also prints cycles, values that are not errors, and objects that throw when they are read.
 * An object that occurs again is printed in full only the first time. Control characters, including line breaks, are escaped, so a message cannot
 * forge a line of a log. If the message has changed since the stack was read, the stack is printed as one escaped text, because lines of the old
 * message could look like frames. A value that is not an error is truncated at 1,000 characters, and nested objects are not printed. The result
 * is at most a megabyte long.
 *
 * The function never throws because of the error, and its time is linear in what it prints. JavaScript lists all keys of an object at once, so of
 * several objects with a million keys only one is printed, and the others are printed as `{ … }`.
 *
 * @throws {TypeError} If `maxDepth` or `maxMembers` is neither a non-negative integer nor `Infinity`, or `color` is not a boolean.
 * @example
 * ```ts
 * import { ExceptionGroup, format } from "@selvage/scope";
 *
 * const group = new ExceptionGroup("two things", [new Error("a", { cause: "the network" }), "b"]);
 * console.assert(format(group, { color: false }).includes('cause: "the network"'));
 * ```
 */
export function format(error: unknown, options: FormatOptions = {}): string {
  checkOptions(options);
  const { maxDepth = 50, maxMembers = 100, color = isColorTerminal() } = options;
  checkCount(maxDepth, "maxDepth");
  checkCount(maxMembers, "maxMembers");
  if (typeof color !== "boolean") throw new TypeError(`color must be a boolean, got ${describeValue(color)}.`);

  const paint = (code: number, text: string): string => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const lines: string[] = [];
  let room = LONGEST;
  const print = (line: string): void => {
    room -= bytesOf(line) + 1;
    if (room >= 0) lines.push(line);
  };
  const keys = { left: MOST_KEYS };
  /** The first line of each value that has been printed. */
  const titles = new Map<unknown, string>();
  const path = new Set<unknown>();
  const levels: Level[] = [];
  let indent = "";

  /** Prints one value, and adds a level for its children. */
  const open = (start: string, value: unknown): void => {
    const shown = titles.get(value);
    if (shown !== undefined) {
      print(start + paint(31, shown) + (path.has(value) ? " [circular]" : " [shown above]"));
      return;
    }
    const { title, frames, properties } = describeError(value, keys);
    print(start + paint(31, title));
    if (isPrimitive(value)) return;
    titles.set(value, title);
    for (const frame of frames) print(`${indent}    ${paint(2, frame)}`);
    if (properties !== "") print(`${indent}    ${properties}`);
    if (typeof value !== "object") return;
    const { count, below } = childrenOf(value!, maxMembers);
    if (count > 0 && levels.length >= maxDepth) {
      print(`${indent}└── … ${count} more, below maxDepth ${maxDepth}`);
    } else if (count > 0) {
      path.add(value);
      levels.push({ value, indent, below, next: below.next() });
    }
  };

  open("", error);
  // It does not recurse, because an error may be 100,000 levels deep. It does not read ahead, because a group may generate members without end.
  for (let level = levels.at(-1); level !== undefined && room >= 0; level = levels.at(-1)) {
    const { next } = level;
    if (next.done === true) {
      path.delete(level.value);
      levels.pop();
      continue;
    }
    level.next = level.below.next();
    const isLast = level.next.done === true;
    indent = levels.length > DEEPEST_INDENT ? level.indent : `${level.indent}${isLast ? " " : "│"}   `;
    const start = `${level.indent}${isLast ? "└" : "├"}── ${next.value.label}`;
    if ("value" in next.value) open(`${start}: `, next.value.value);
    else print(start);
  }
  if (room < 0) lines.push("… truncated: an error is printed up to a megabyte");
  return lines.join("\n");
}

/** A value that has been printed, and those of its children that have not been printed yet. */
interface Level {
  readonly value: unknown;
  readonly indent: string;
  readonly below: Iterator<Child, undefined>;
  /** The next child, read one ahead so that the last child is known. */
  next: IteratorResult<Child, undefined>;
}

/** Returns an upper bound of the bytes that a line takes in UTF-8. */
function bytesOf(line: string): number {
  return line.length + 2 * line.replace(/[ -~]+/g, "").length;
}

function checkCount(value: unknown, name: string): void {
  if (value === Infinity || (Number.isInteger(value) && (value as number) >= 0)) return;
  throw new TypeError(`${name} must be an integer that is not negative, or Infinity, got ${describeValue(value)}.`);
}

function isColorTerminal(): boolean {
  try {
    const { env, stdout } = (globalThis as unknown as { process: Process }).process;
    return stdout.isTTY === true && !env["NO_COLOR"];
  } catch {
    // A browser, or a runtime that needs a permission to read the environment.
    return false;
  }
}

interface Process {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { readonly isTTY?: boolean };
}
