import { describe, expect, it } from "vitest";
import { contestants, foreigners } from "../src/contestants.js";
import { scenarios } from "../src/scenarios.js";

const everybody = { ...contestants, ...foreigners };

describe("scenarios", () => {
  it("have names of their own", () => {
    const names = scenarios.flatMap(({ id, cases }) => cases.map((measured) => `${id} ${measured.id}`));
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(scenarios)("$id has goals for those who take part in it", async ({ cases, goals }) => {
    expect(goals).not.toEqual([]);
    for (const goal of goals) {
      const own = cases.filter(({ id }) => goal.cases?.includes(id) ?? true);
      expect(own).toHaveLength(goal.cases?.length ?? cases.length);
      const compared = "times" in goal.limit && goal.limit.of !== "every peer" ? goal.limit.of : [];
      for (const name of [...goal.of, ...compared]) {
        const programs = await programsOf(name);
        expect(
          own.some(({ program }) => programs.includes(program)),
          `${name}: ${goal.text}`,
        ).toBe(true);
      }
    }
  });

  it.each(scenarios)("$id has floors that take part in it", async ({ cases }) => {
    for (const { floor, program } of cases) {
      if (floor !== undefined) expect(await programsOf(floor)).toContain(program);
    }
  });
});

async function programsOf(name: string): Promise<readonly string[]> {
  const contestant = everybody[name];
  if (contestant === undefined) throw new Error(`expected a contestant, got ${name}`);
  return "programs" in contestant ? contestant.programs : Object.keys(await contestant.load());
}
