import { rules } from "./rules.js";
import type { Cell, Table } from "./table.js";

type Column = Table["columns"][number];

const start = "<!-- comparison-table:start -->";
const end = "<!-- comparison-table:end -->";

/** The table in Markdown, with the meanings of its words. */
export function renderTable(table: Table): string {
  const heading = ["", ...table.columns.map(titleOf)];
  const body = table.rows.map(({ name, cells }) => [name.replace(/^[\w.]+/, "`$&`"), ...cells.map(drawCell)]);
  return [
    ...align([heading, ...body]),
    "",
    "**yes**: it does. **by hand**: only with additional code that its users have to write. **–**: does not apply.",
    "In brackets: the rule that states it.",
  ].join("\n");
}

/** The text of the file with the table: the table, what each probe does, and the rules. */
export function renderDocument(table: Table): string {
  return [
    "<!-- Written by `pnpm --filter @selvage/examples table`, which runs the probes: run it again, do not edit. -->",
    "",
    "# What each primitive does, and what the platform does",
    "",
    "Every cell is the result of a program that ran; none is written by hand.",
    "",
    start,
    "",
    renderTable(table),
    "",
    end,
    "",
    "## The probes",
    "",
    ...table.columns.flatMap(({ title, probe }) => [`- **${title}**. ${probe}`]),
    "",
    "## The rules",
    "",
    ...Object.entries(rules).map(([number, text]) => `- **${number}** ${text}`),
    "",
  ].join("\n");
}

/**
 * Replaces what is between the marks of a text by the table.
 *
 * @throws {Error} If the marks are missing.
 */
export function replaceTable(text: string, table: Table): string {
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`expected ${start} and after it ${end}, to put the table between them`);
  return `${text.slice(0, from)}${start}\n\n${renderTable(table)}\n\n${text.slice(to)}`;
}

function titleOf({ title, isUnwanted }: Column): string {
  return isUnwanted === true ? `${title} (_no_ is better)` : title;
}

function drawCell({ verdict, rule }: Cell): string {
  return rule === undefined ? verdict : `${verdict} (${rule})`;
}

/** Lays out a table as the formatter does, so that the output passes its check. */
function align([heading = [], ...body]: readonly (readonly string[])[]): string[] {
  const widths = heading.map((_, i) => Math.max(3, ...[heading, ...body].map((line) => line[i]?.length ?? 0)));
  const draw = (line: readonly string[], fill: string): string =>
    `| ${widths.map((width, i) => (line[i] ?? "").padEnd(width, fill)).join(" | ")} |`;
  return [draw(heading, " "), draw([], "-"), ...body.map((line) => draw(line, " "))];
}
