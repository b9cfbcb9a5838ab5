import { beforeAll, describe, expect, it } from "vitest";
import { columns } from "../../src/table/columns.js";
import { rows } from "../../src/table/rows/index.js";
import { rules } from "../../src/table/rules.js";
import { runProbes } from "../../src/table/run-probes.js";
import type { Table } from "../../src/table/table.js";

describe("runProbes", () => {
  let table: Table;

  beforeAll(async () => {
    table = await runProbes();
  });

  it("has a cell for every row and column", () => {
    expect(table.rows.map(({ name }) => name)).toEqual(rows.map(({ name }) => name));
    for (const { cells } of table.rows) expect(cells).toHaveLength(columns.length);
  });

  it("has no column in which all cells are equal", () => {
    for (const [i, { title }] of table.columns.entries()) {
      const verdicts = new Set(table.rows.map(({ cells }) => cells[i]!.verdict));
      expect([title, verdicts.has("yes"), verdicts.has("no") || verdicts.has("by hand")]).toEqual([title, true, true]);
    }
  });

  it("has the same results every time", async () => {
    expect((await runProbes()).rows).toEqual(table.rows);
  });

  it("cites a rule for every cell of a primitive, and none for a cell that does not apply", () => {
    const primitives = table.rows.filter(({ cells }) => cells.some(({ rule }) => rule !== undefined));
    expect(primitives.map(({ name }) => name)).toEqual([
      "TaskGroup",
      "Supervisor",
      "CancelScope",
      "timeout",
      "moveOnAfter",
    ]);
    for (const { name, cells } of primitives) {
      const cited = cells.map(({ rule }) => (rule === undefined ? "–" : "cited"));
      expect([name, cited]).toEqual([name, cells.map(({ verdict }) => (verdict === "–" ? "–" : "cited"))]);
    }
  });

  it("cites exactly the rules that are explained", () => {
    const cited = table.rows.flatMap(({ cells }) => cells.flatMap(({ rule }) => rule ?? []));
    expect([...new Set(cited)].sort()).toEqual(Object.keys(rules).sort());
  });

  it("finds that a TaskGroup cancels the siblings of a failed task, and a Supervisor does not (T2, V1)", () => {
    const i = table.columns.findIndex(({ title }) => title === "siblings cancelled on an unhandled error");
    const verdicts = Object.fromEntries(table.rows.map(({ name, cells }) => [name, cells[i]!.verdict]));
    expect(verdicts).toMatchObject({ TaskGroup: "yes", Supervisor: "no" });
  });
});
