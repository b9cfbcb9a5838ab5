/** Finds the code that the project shows to its users: the `ts` fences of its READMEs, its guides and its doc comments. */

/** A piece of documented code. */
export interface Example {
  /** The file that contains it, relative to the root. */
  readonly file: string;
  /** The line of its first line of code, from 1. */
  readonly line: number;
  readonly code: string;
  /** The expected output, if a `text` fence follows it directly. */
  readonly output?: string;
  /** False for a fence marked `ts no-run`, which is only type-checked. */
  readonly runs: boolean;
}

interface Fence {
  readonly info: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  readonly endLine: number;
  readonly text: string;
}

/** Other names of fences would hide code from the tests. */
const unchecked = /^(typescript|tsx|js|jsx|mjs|javascript)\b/;

/** The examples of a Markdown file. */
export function examplesInMarkdown(file: string, markdown: string): Example[] {
  return examplesIn(file, markdown.split("\n"));
}

/** The examples in the doc comments of a TypeScript file. */
export function examplesInSource(file: string, source: string): Example[] {
  const comments = source.matchAll(/^[ \t]*\/\*\*(?:.|\n)*?\*\//gm);
  return [...comments].flatMap((comment) => {
    const firstLine = lineAt(source, comment.index);
    const text = comment[0].replace(/\*\/$/, "").split("\n").map(withoutStar);
    const examples = examplesIn(file, text, firstLine);
    const tags = text.filter((line) => /^\s*@example\b/.test(line)).length;
    if (tags > examples.length) {
      throw new Error(
        `${file}:${firstLine}: expected a \`\`\`ts fence for each of ${tags} @example, got ${examples.length} fences`,
      );
    }
    return examples;
  });
}

function examplesIn(file: string, lines: readonly string[], firstLine = 1): Example[] {
  const fences = fencesIn(file, lines, firstLine);
  return fences.flatMap((fence, index): Example[] => {
    if (unchecked.test(fence.info)) {
      throw new Error(
        `${file}:${fence.line}: expected a fence of \`ts\` (which is run) or \`text\`, got "${fence.info}"`,
      );
    }
    if (!/^ts\b/.test(fence.info)) return [];
    const example = { file, line: fence.line + 1, code: fence.text, runs: fence.info !== "ts no-run" };
    const next = fences[index + 1];
    const between = next && lines.slice(fence.endLine - firstLine + 1, next.line - firstLine);
    const isOutput = next?.info === "text" && between?.every((line) => line.trim() === "");
    return [isOutput ? { ...example, output: next.text } : example];
  });
}

function fencesIn(file: string, lines: readonly string[], firstLine: number): Fence[] {
  const fences: Fence[] = [];
  let open: { line: number; indent: string; marks: string; info: string; text: string[] } | undefined;
  lines.forEach((content, index) => {
    const line = firstLine + index;
    if (open === undefined) {
      const [, indent = "", marks, info = ""] = /^(\s*)(`{3,})\s*(.*?)\s*$/.exec(content) ?? [];
      if (marks !== undefined) open = { line, indent, marks, info, text: [] };
    } else if (content.trim() === open.marks) {
      const text = open.text.map((code) => `${code}\n`).join("");
      fences.push({ info: open.info, line: open.line, endLine: line, text });
      open = undefined;
    } else {
      open.text.push(content.startsWith(open.indent) ? content.slice(open.indent.length) : content.trimStart());
    }
  });
  if (open !== undefined) throw new Error(`${file}:${open.line}: expected the fence to be closed`);
  return fences;
}

function withoutStar(line: string): string {
  return line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, "");
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}
