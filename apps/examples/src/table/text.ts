import type { Paint, Style } from "../comparison/paint.js";
import { rules } from "./rules.js";
import type { Cell, Table } from "./table.js";

type Column = Table["columns"][number];

const width = 80;
const nameWidth = 27;
const cellWidth = 5;

/** Draws the table for a terminal, 80 columns wide: its columns are letters, explained below. */
export function renderText(table: Table, paint: Paint): string[] {
  const letters = table.columns.map((_, i) => letter(i).padEnd(cellWidth)).join("");
  return [
    paint("title", "What each does: every cell is the result of a program that has just run"),
    "",
    `  ${"".padEnd(nameWidth)}${letters}`.trimEnd(),
    ...table.rows.map(({ name, cells }) => {
      const verdicts = cells.map((cell, i) => drawCell(cell, table.columns[i]!, paint));
      return `  ${name.padEnd(nameWidth)}${verdicts.join("")}`.trimEnd();
    }),
    "",
    ...wrap("yes    It does.", 9),
    ...wrap("hand   Only with additional code that its users have to write.", 9),
    ...wrap("–      Does not apply.", 9),
    ...table.columns.flatMap((column, i) => ["", ...explain(table, column, i, paint)]),
    "",
    paint("title", "Rules"),
    "",
    ...Object.entries(rules).flatMap(([number, text]) => wrap(`${number.padEnd(5)}${text}`, 7)),
  ].map((line) => line.replaceAll("`", ""));
}

function drawCell({ verdict }: Cell, { isUnwanted }: Column, paint: Paint): string {
  const text = (verdict === "by hand" ? "hand" : verdict).padEnd(cellWidth);
  return paint(styleOf(verdict, isUnwanted === true), text);
}

function styleOf(verdict: Cell["verdict"], isUnwanted: boolean): Style {
  if (verdict === "–") return "faint";
  if (verdict === "by hand") return "odd";
  return (verdict === "yes") === isUnwanted ? "bad" : "good";
}

/** A column: its title, what the probe does, and the rules that its cells cite. */
function explain(table: Table, { title, probe, isUnwanted }: Column, index: number, paint: Paint): string[] {
  const cited = table.rows.flatMap(({ name, cells }) => {
    const rule = cells[index]?.rule;
    return rule === undefined ? [] : [`${rule} ${name}`];
  });
  return [
    `  ${letter(index)}  ${paint("title", title)}${isUnwanted === true ? " (no is better)" : ""}`,
    ...wrap(`   ${probe}`, 5),
    ...wrap(`   ${cited.join(", ")}`, 5),
  ];
}

function letter(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/** Breaks text between words; all lines but the first are indented. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = "  ";
  for (const word of text.split(/(?<=[^ ]) (?=[^ ])/)) {
    if (line.trim() !== "" && `${line} ${word}`.length > width) {
      lines.push(line);
      line = " ".repeat(indent) + word;
    } else {
      line += (line.trim() === "" ? "" : " ") + word;
    }
  }
  return [...lines, line];
}
