import { describe, expect, it } from "vitest";
import { itemsOf, readAll, stage } from "../src/stages.js";
import { expectWork, resetWork } from "../src/work.js";

async function* through(source: Iterable<number>): AsyncGenerator<number, void> {
  for (const item of source) yield stage(item);
}

describe("readAll", () => {
  it("counts each item that has passed all stages", async () => {
    resetWork();

    await readAll(through(itemsOf(5)), 1);

    expect(() => {
      expectWork(5, 5);
    }).not.toThrow();
  });

  it("throws if an item has not passed all stages", async () => {
    await expect(readAll(through(itemsOf(5)), 2)).rejects.toThrow("expected item 2, got 1");
  });
});
