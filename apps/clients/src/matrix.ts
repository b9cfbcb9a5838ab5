/** The table that tells users how each operation ends when it is cancelled, and the figures that it is made of. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import type { Case, Remedy } from "./case.js";
import type { End, ErrorShape } from "./record.js";

/** One operation, and how it ended. */
export interface Row extends Pick<Case, "name" | "package" | "cancelledBy" | "remedy" | "write"> {
  readonly version: string;
  readonly end: End;
}

/** The files that are written. */
export const files: { readonly figures: string; readonly document: string } = {
  figures: fileURLToPath(new URL("../matrix.json", import.meta.url)),
  document: fileURLToPath(new URL("../matrix.md", import.meta.url)),
};

/** What is tested here. Of Node only the major version counts. */
export function versionOf(packageName: string): string {
  if (packageName === "node") return process.versions.node.split(".")[0]!;
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  return manifest.devDependencies[packageName]!;
}

export function rowOf(one: Case, end: End): Row {
  const { name, package: packageName, cancelledBy, remedy, write } = one;
  const version = versionOf(packageName);
  return { name, package: packageName, version, cancelledBy, ...(remedy && { remedy }), write, end };
}

/** The remedy that an end asks for. A case that has another one is wrong. */
export function remedyFor({ ends, recognised }: End): Remedy | undefined {
  if (recognised) return undefined;
  return ({ rejects: "settle", resolves: "check", "stays pending": "race" } as const)[ends];
}

/** The figures as they are kept. */
export function renderFigures(rows: readonly Row[]): Promise<string> {
  return format(JSON.stringify(rows), { parser: "json", printWidth: 120 });
}

/** The document. */
export function renderDocument(rows: readonly Row[]): Promise<string> {
  const text = `# How operations end when they are cancelled

<!-- Written by \`pnpm clients --write\`: do not edit. -->

Each operation below was run in a scope, and the scope was cancelled while the operation was under way. The servers were real, and on the
same machine. The table tells how the operation ended.

- **Signal**: the operation takes \`scope.signal\`. Where it does not, \`scope.onCancel\` tears it down.
- **Recognised**: \`isCancellation(error, scope)\` is true for the error (rule S15). A group does not list it, a \`timeout\` that runs out makes a
  \`TimeoutError\` of it, and a supervisor counts the task as cancelled.
- **What to write**: the code with its remedy. \`scope.settle\` awaits what rejects with an error that is not recognised (S17).
  \`scope.throwIfCancelled()\` follows what ends without an error, as if it were complete. \`scope.race\` awaits what does not end (S12).

## Node ${rows.find((row) => row.package === "node")!.version}

${table(
  head("API"),
  rows.filter((row) => row.package === "node").map((row) => [row.name, ...cells(row)]),
)}

## Clients from npm

${table(
  ["client", "version", ...head("operation")],
  rows.filter((row) => row.package !== "node").map((row) => [row.package, row.version, row.name, ...cells(row)]),
)}
`;
  return format(text, { parser: "markdown", printWidth: 120 });
}

function head(operation: string): string[] {
  return [operation, "signal", "how it ends", "name, code", "recognised", "what to write"];
}

function cells({ cancelledBy, end, write }: Row): string[] {
  return [
    cancelledBy === "signal" ? "yes" : "no",
    howItEnds(end),
    end.error === undefined ? "" : nameAndCode(end.error),
    end.ends === "rejects" ? (end.recognised ? "yes" : "**no**") : "",
    `\`${write}\``,
  ];
}

function howItEnds({ ends, error }: End): string {
  if (error !== undefined) return `rejects: ${error.class}, “${error.message}”`;
  return ends === "resolves" ? "**without an error**" : "**does not end**";
}

function nameAndCode({ name, code }: ErrorShape): string {
  return code === undefined ? `\`${name}\`` : `\`${name}\`, \`${code}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
