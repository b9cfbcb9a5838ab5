/** The document that lists for users where the contract passes, and its figures. */
import { join } from "node:path";
import { format } from "prettier";
import type { Counts, Run } from "./outcomes.js";
import { app } from "./workspace.js";

/** The number of checks that passed on one runtime, or with one toolchain. If any failed, nothing is written. */
interface Column {
  readonly name: string;
  readonly version: string;
  readonly packages: Readonly<Record<string, number>>;
  readonly rules: Readonly<Record<string, number>>;
}

/** The figures, which are stored beside the document. */
export interface Compatibility {
  readonly runtimes: readonly Column[];
  readonly toolchains: readonly Omit<Column, "rules">[];
}

/** The files that are written. */
export const files: { readonly figures: string; readonly document: string } = {
  figures: join(app, "compatibility.json"),
  document: join(app, "compatibility.md"),
};

/** The figures of runs in which all checks passed. */
export function compatibilityOf(runtimes: readonly Run[], toolchains: readonly Run[]): Compatibility {
  return {
    runtimes: runtimes.map(({ name, version, packages, rules }) => ({
      name,
      version,
      packages: passed(packages),
      rules: passed(rules),
    })),
    toolchains: toolchains.map(({ name, version, packages }) => ({ name, version, packages: passed(packages) })),
  };
}

function passed(counts: Readonly<Record<string, Counts>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([key, one]) => [key, one.passed]));
}

/** The text of the file of figures. */
export function renderFigures(compatibility: Compatibility): Promise<string> {
  return format(JSON.stringify(compatibility), { parser: "json", printWidth: 120 });
}

/** The text of the document. */
export function renderDocument({ runtimes, toolchains }: Compatibility): Promise<string> {
  const packages = keysOf(runtimes.map((column) => column.packages));
  const rules = keysOf(runtimes.map((column) => column.rules)).sort(byRule);
  const bundled = keysOf(toolchains.map((row) => row.packages));
  const text = `# Compatibility

<!-- Written by \`pnpm conformance\`: do not edit. -->

One contract checks what each rule guarantees to users of the packages. It ran with the published form of the packages, on each
runtime and in the output of each toolchain. All checks passed. A number is the number of checks. **–** means that the checks do not
apply: for example, a page has no process that a signal could end.

## Runtimes

${table(
  ["", ...runtimes.map(({ name, version }) => `${name} (${version})`)],
  packages.map((name) => [`\`${name}\``, ...runtimes.map((column) => cell(column.packages[name]))]),
)}

## Toolchains

The output ran on Node. "Each file" means that nothing was bundled: every file of the packages was transformed separately.

${table(
  ["", "version", ...bundled.map((name) => `\`${name}\``)],
  toolchains.map((row) => [row.name, row.version, ...bundled.map((name) => cell(row.packages[name]))]),
)}

## Rule by rule

${table(
  ["rule", ...runtimes.map(({ name }) => name)],
  rules.map((rule) => [rule, ...runtimes.map((column) => cell(column.rules[rule]))]),
)}
`;
  return format(text, { parser: "markdown", printWidth: 120 });
}

/** All keys of the records, in order of appearance. */
function keysOf(figures: readonly Readonly<Record<string, number>>[]): string[] {
  return [...new Set(figures.flatMap((one) => Object.keys(one)))];
}

function byRule(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}

function cell(checks: number | undefined): string {
  return checks === undefined ? "–" : String(checks);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
