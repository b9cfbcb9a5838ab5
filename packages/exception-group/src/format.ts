import { fold } from "./fold.js";
import { membersOf, read } from "./members.js";

/** How {@link format} prints. */
export interface FormatOptions {
  /** How many levels of members and causes are printed below the error: 50 unless given. */
  readonly maxDepth?: number;
  /** Whether to colour; unless given, only where standard output is a terminal, and `NO_COLOR` is not set. */
  readonly color?: boolean;
}

/**
 * Prints an error as a tree: its name, message and stack, below them its `cause`, and the members of groups, numbered.
 *
 * For people to read, not for programs. Never throws: it prints cycles, values that are no errors, and what refuses to be read. An
 * object that occurs again is printed in full the first time only.
 *
 * @example
 * ```ts
 * import { ExceptionGroup, format } from "@selvage/exception-group";
 *
 * const group = new ExceptionGroup("two things", [new Error("a", { cause: "the network" }), "b"]);
 * console.assert(format(group, { color: false }).includes('cause: "the network"'));
 * ```
 */
export function format(error: unknown, options: FormatOptions = {}): string {
  const { maxDepth = 50, color = isColorTerminal() } = options;
  const paint = (code: number, text: string): string => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const lines: string[] = [];
  const seen = new Set<unknown>();
  const path = new Set<unknown>();
  fold<Entry, unknown>(
    { error, start: "", indent: "", depth: 0 },
    ({ error, start, indent, depth }) => {
      const { title, frames } = describe(error);
      const note = path.has(error) ? " [circular]" : seen.has(error) ? " [shown above]" : "";
      lines.push(start + paint(31, title.replaceAll("\n", `\n${indent}`)) + note);
      if (note || typeof error !== "object" || error === null) return undefined;
      seen.add(error);
      path.add(error);
      for (const frame of frames) lines.push(`${indent}    ${paint(2, frame)}`);
      const children = childrenOf(error);
      if (children.length > 0 && depth >= maxDepth) {
        lines.push(`${indent}└── … ${children.length} more, below maxDepth ${maxDepth}`);
        return [];
      }
      return children.map(([label, child], i) => {
        const last = i === children.length - 1;
        return {
          error: child,
          start: `${indent}${last ? "└" : "├"}── ${label}: `,
          indent: `${indent}${last ? " " : "│"}   `,
          depth: depth + 1,
        };
      });
    },
    ({ error }, parts) => {
      if (parts) path.delete(error);
    },
  );
  return lines.join("\n");
}

interface Entry {
  readonly error: unknown;
  /** What its first line begins with, and all others below it. */
  readonly start: string;
  readonly indent: string;
  readonly depth: number;
}

function childrenOf(error: object): [label: string, error: unknown][] {
  const children: [string, unknown][] = [];
  const cause = read(error, "cause");
  if (cause !== undefined) children.push(["cause", cause]);
  membersOf(error)?.forEach((member, i) => children.push([String(i + 1), member]));
  return children;
}

function describe(error: unknown): { title: string; frames: readonly string[] } {
  const [name, message, stack] = ["name", "message", "stack"].map((key) => {
    const text = read(error, key);
    return typeof text === "string" ? text : undefined;
  });
  if (typeof error !== "object" || (message ?? stack) === undefined) return { title: print(error), frames: [] };
  // Without the message, lest it look like a frame, and without the name above, which is stale if the error was renamed.
  const lines = stack?.replace(`: ${message}`, "").split("\n") ?? [];
  return {
    title: (name ?? "Error") + (message ? `: ${message}` : ""),
    frames: lines.filter(isFrame).map((line) => line.trim()),
  };
}

/** V8's and JavaScriptCore's ways of writing one. */
function isFrame(line: string): boolean {
  return /^ +at |@.*:\d+$/.test(line);
}

function print(value: unknown): string {
  try {
    const json: string | undefined =
      typeof value === "string" || typeof value === "object" ? JSON.stringify(value) : undefined;
    return json ?? String(value);
  } catch {
    return `[${typeof value} that cannot be printed]`;
  }
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
