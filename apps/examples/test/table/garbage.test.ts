import { describe, expect, it } from "vitest";
import { collectGarbage } from "../../src/table/garbage.js";

describe("collectGarbage", () => {
  it("collects what nobody holds, and nothing else", async () => {
    const held = Array.from({ length: 100 }, () => ({}));
    const references = held.map((object) => new WeakRef(object));
    const dropped = Array.from({ length: 100 }, () => new WeakRef({}));
    await collectGarbage();
    expect(count(references)).toBe(100);
    expect(count(dropped)).toBe(0);
    expect(held).toHaveLength(100);
  });
});

function count(references: readonly WeakRef<object>[]): number {
  return references.filter((reference) => reference.deref() !== undefined).length;
}
