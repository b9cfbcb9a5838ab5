import { beforeAll, describe, expect, it } from "vitest";
import type { Column } from "../../src/table/column.js";
import { columns } from "../../src/table/columns.js";
import type { ManyTasks, OneBody, Row } from "../../src/table/row.js";
import { rows } from "../../src/table/rows/index.js";
import { rules } from "../../src/table/rules.js";
import { judge, probeTable, type Table } from "../../src/table/table.js";

const good: ManyTasks = { run: async () => {}, collect: async () => [] };
const bad: ManyTasks = { run: async () => {}, collect: async () => [] };
const body: OneBody = { run: async () => {} };
const column: Column = { title: "is good", probe: "", ofManyTasks: async (way) => way === good };
const named = { name: "", rules: {} };

describe("judge", () => {
  it('says "yes" where it holds of the thing as it is', async () => {
    expect(await judge({ ...named, runs: "many tasks", asIs: good }, column)).toBe("yes");
    expect(await judge({ ...named, runs: "many tasks", asIs: good, byHand: bad }, column)).toBe("yes");
  });

  it('says "by hand" where it holds only of what its users write', async () => {
    expect(await judge({ ...named, runs: "many tasks", asIs: bad, byHand: good }, column)).toBe("by hand");
    expect(await judge({ ...named, runs: "many tasks", byHand: good }, column)).toBe("by hand");
  });

  it('says "no" where it does not hold', async () => {
    expect(await judge({ ...named, runs: "many tasks", asIs: bad }, column)).toBe("no");
    expect(await judge({ ...named, runs: "many tasks", asIs: bad, byHand: bad }, column)).toBe("no");
  });

  it('says "–" where there is no such question', async () => {
    const row: Row = { ...named, runs: "one body", asIs: body };
    expect(await judge(row, column)).toBe("–");
    expect(await judge(row, { ...column, ofOneBody: async (way) => way === body })).toBe("yes");
    expect(await judge(row, { ...column, ofOneBody: async () => false })).toBe("no");
  });

  it("asks for what is unwanted once: of the thing as it is, or else of what is written by hand", async () => {
    const unwanted: Column = { ...column, isUnwanted: true };
    expect(await judge({ ...named, runs: "many tasks", asIs: bad, byHand: good }, unwanted)).toBe("no");
    expect(await judge({ ...named, runs: "many tasks", asIs: good, byHand: bad }, unwanted)).toBe("yes");
    expect(await judge({ ...named, runs: "many tasks", byHand: good }, unwanted)).toBe("yes");
  });
});

describe("probeTable", () => {
  let table: Table;

  beforeAll(async () => {
    table = await probeTable();
  });

  it("asks every row every question", () => {
    expect(table.rows.map(({ name }) => name)).toEqual(rows.map(({ name }) => name));
    for (const { cells } of table.rows) expect(cells).toHaveLength(columns.length);
  });

  it("has no question that everything answers alike", () => {
    for (const [i, { title }] of table.columns.entries()) {
      const verdicts = new Set(table.rows.map(({ cells }) => cells[i]!.verdict));
      expect([title, verdicts.has("yes"), verdicts.has("no") || verdicts.has("by hand")]).toEqual([title, true, true]);
    }
  });

  it("comes to the same every time", async () => {
    expect((await probeTable()).rows).toEqual(table.rows);
  });

  it("cites a rule for every answer of a primitive, and none where there is no question", () => {
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

  it("cites rules that are explained, and all that are", () => {
    const cited = table.rows.flatMap(({ cells }) => cells.flatMap(({ rule }) => rule ?? []));
    expect([...new Set(cited)].sort()).toEqual(Object.keys(rules).sort());
  });

  it("finds that a TaskGroup cancels the siblings of a failed task, and a Supervisor does not (T2, V1)", () => {
    const i = table.columns.findIndex(({ title }) => title === "siblings cancelled on an unhandled error");
    const verdicts = Object.fromEntries(table.rows.map(({ name, cells }) => [name, cells[i]!.verdict]));
    expect(verdicts).toMatchObject({ TaskGroup: "yes", Supervisor: "no" });
  });
});
