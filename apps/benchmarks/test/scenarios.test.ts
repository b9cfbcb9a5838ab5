import { describe, expect, it } from "vitest";
import { contestants } from "../src/contestants.js";
import { scenarios } from "../src/scenarios.js";

const cases = scenarios.flatMap(({ id, cases }) =>
  cases.map((measured) => ({ name: `${id} ${measured.id}`, measured })),
);

describe("scenarios", () => {
  it("have cases with different names", () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  it.each(cases)("$name has a floor that takes part", async ({ measured: { floor, program, only } }) => {
    if (floor === undefined) return;
    expect(Object.keys(await contestants[floor]!.load())).toContain(program);
    if (only !== undefined) expect(only).toContain(floor);
  });

  it.each(cases)("$name names contestants that exist", ({ measured: { only = [] } }) => {
    expect(Object.keys(contestants)).toEqual(expect.arrayContaining([...only]));
  });
});
