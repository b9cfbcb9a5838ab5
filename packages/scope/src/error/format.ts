import { describeError } from "./describe-error.js";
import { type Child, childrenOf } from "./error-children.js";
import { checkOptions, describeValue } from "../support/arguments.js";
import { isPrimitive } from "./print-value.js";

/** How {@link format} prints. */
export interface FormatOptions {
  /** How many levels of members and causes are printed below the error: 50 unless given; `Infinity` for all. */
  readonly maxDepth?: number | undefined;
  /** How many members of each group are printed: 100 unless given; `Infinity` for all. */
  readonly maxMembers?: number | undefined;
  /** Whether to colour; unless given, only where standard output is a terminal and `NO_COLOR` is not set. */
  readonly color?: boolean | undefined;
}

/** In bytes: a megabyte, without what the last line takes. */
const LONGEST = 999_900;

/** How many keys of objects are listed in all. One object may have more. */
const MOST_KEYS = 100_000;

/** Deeper lines are not indented further: what is printed would grow with the square of the depth. */
const DEEPEST_INDENT = 50;

/**
 * Prints an error as a tree: its name, message, stack and own primitive properties, below them its `cause`, and the members of
 * groups, numbered and with the names of their tasks.
 *
 * For people to read, not for programs. It prints cycles, values that are not errors, and what refuses to be read. An object that
 * occurs again is printed in full only the first time. Control characters, line breaks included, are escaped, so that no message
 * can forge a line of a log. If the message has changed since the stack was read, the stack is one escaped text: lines of the old
 * message could look like frames. Of a value that is not an error it prints 1,000 characters, and nothing of the objects in it. In
 * all, it prints at most a megabyte.
 *
 * Never throws because of the error, and takes time linear in what it prints. JavaScript lists all keys of an object at once: of
 * objects with a million keys one is listed, and the others are printed as `{ … }`.
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
  /** What has been printed, with its first line. */ const titles = new Map<unknown, string>();
  const path = new Set<unknown>();
  const levels: Level[] = [];
  let indent = "";

  /** Prints one value, and opens what is below it. */
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
  // Not recursive: an error may be 100,000 deep. Not read ahead: a group may make up members without end.
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
  if (room < 0) lines.push("… cut off: an error is printed up to a megabyte");
  return lines.join("\n");
}

/** A value that has been printed, and what of the things below it has not. */
interface Level {
  readonly value: unknown;
  readonly indent: string;
  readonly below: Iterator<Child, undefined>;
  /** Read one ahead, to know the last. */
  next: IteratorResult<Child, undefined>;
}

/** At least as many as UTF-8 takes. */
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
    // A browser, or a runtime that asks before it shows the environment.
    return false;
  }
}

interface Process {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { readonly isTTY?: boolean };
}
