import { describe, expect, it } from "vitest";
import type { Column } from "../../src/table/column.js";
import type { ManyTasks, OneBody, Row } from "../../src/table/row.js";
import { judge } from "../../src/table/table.js";

const good: ManyTasks = { run: async () => {}, collect: async () => [] };
const bad: ManyTasks = { run: async () => {}, collect: async () => [] };
const body: OneBody = { run: async () => {} };
const column: Column = { title: "is good", probe: "", ofManyTasks: async (way) => way === good };
const named = { name: "", rules: {} };

describe("judge", () => {
  it('is "yes" if the probe succeeds with the row alone', async () => {
    expect(await judge({ ...named, runs: "many tasks", asIs: good }, column)).toBe("yes");
    expect(await judge({ ...named, runs: "many tasks", asIs: good, byHand: bad }, column)).toBe("yes");
  });

  it('is "by hand" if the probe succeeds only with the code of users', async () => {
    expect(await judge({ ...named, runs: "many tasks", asIs: bad, byHand: good }, column)).toBe("by hand");
    expect(await judge({ ...named, runs: "many tasks", byHand: good }, column)).toBe("by hand");
  });

  it('is "no" if the probe does not succeed', async () => {
    expect(await judge({ ...named, runs: "many tasks", asIs: bad }, column)).toBe("no");
    expect(await judge({ ...named, runs: "many tasks", asIs: bad, byHand: bad }, column)).toBe("no");
  });

  it('is "–" if the column does not apply', async () => {
    const row: Row = { ...named, runs: "one body", asIs: body };
    expect(await judge(row, column)).toBe("–");
    expect(await judge(row, { ...column, ofOneBody: async (way) => way === body })).toBe("yes");
    expect(await judge(row, { ...column, ofOneBody: async () => false })).toBe("no");
  });

  it("probes an unwanted property once: with the row alone, or otherwise by hand", async () => {
    const unwanted: Column = { ...column, isUnwanted: true };
    expect(await judge({ ...named, runs: "many tasks", asIs: bad, byHand: good }, unwanted)).toBe("no");
    expect(await judge({ ...named, runs: "many tasks", asIs: good, byHand: bad }, unwanted)).toBe("yes");
    expect(await judge({ ...named, runs: "many tasks", byHand: good }, unwanted)).toBe("yes");
  });
});
