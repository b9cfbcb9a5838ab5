import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { coloured, plain } from "../../src/comparison/paint.js";
import { renderText } from "../../src/table/text.js";
import { smallTable } from "./small-table.js";

describe("renderText", () => {
  it("draws a letter for each column, and a line for each row", () => {
    expect(renderText(smallTable, plain).slice(2, 5)).toEqual([
      "                             A    B",
      "  TaskGroup                  yes  no",
      "  AbortController, by hand   hand –",
    ]);
  });

  it("explains each column below, with the rules that its cells cite", () => {
    const lines = renderText(smallTable, plain);
    const from = lines.indexOf("  A  waits for finally");
    expect(lines.slice(from, from + 7)).toEqual([
      "  A  waits for finally",
      "     A task ends. Yes: so does its finally.",
      "     T1 TaskGroup",
      "",
      "  B  holds memory (no is better)",
      "     A task ends. Yes: it stays.",
      "     T9 TaskGroup",
    ]);
  });

  it("breaks lines between words, within 80 columns", () => {
    const probe = "word ".repeat(40).trimEnd();
    const columns = smallTable.columns.map((column) => ({ ...column, probe }));
    const lines = renderText({ ...smallTable, columns }, plain);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.filter((line) => line.startsWith("     word"))).toHaveLength(6);
  });

  it("colours a cell by whether its answer is good", () => {
    const [, , , group, byHand] = renderText(smallTable, coloured);
    expect(group).toContain("\x1b[32myes");
    expect(group).toContain("\x1b[32mno");
    expect(byHand).toContain("\x1b[33mhand");
    expect(renderText(smallTable, coloured).map(stripVTControlCharacters).map(trimEnd)).toEqual(
      renderText(smallTable, plain),
    );
  });
});

function trimEnd(line: string): string {
  return line.trimEnd();
}
