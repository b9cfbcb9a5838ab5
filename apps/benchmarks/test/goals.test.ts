import { describe, expect, it } from "vitest";
import { contestants, foreigners } from "../src/contestants.js";
import { goals } from "../src/goals.js";
import { scenarios } from "../src/scenarios.js";

describe("goals", () => {
  it("cover every scenario", () => {
    expect(new Set(goals.map(({ scenario }) => scenario))).toEqual(new Set(scenarios.map(({ id }) => id)));
  });

  it("have different texts", () => {
    expect(new Set(goals.map(({ text }) => text)).size).toBe(goals.length);
  });

  it.each(goals)("name contestants that take part in its cases: $text", async ({ scenario, cases, of, limit }) => {
    const all = scenarios.find(({ id }) => id === scenario)!.cases;
    const own = all.filter(({ id }) => cases.includes(id));
    expect(own.map(({ id }) => id)).toEqual(expect.arrayContaining([...cases]));
    const compared = "to" in limit && limit.to !== "every peer" ? limit.to : [];
    for (const name of [...of, ...compared]) {
      const takesPart = await Promise.all(own.map((measured) => hasProgram(name, measured)));
      expect(takesPart, name).toContain(true);
    }
  });
});

async function hasProgram(name: string, measured: (typeof scenarios)[number]["cases"][number]): Promise<boolean> {
  if (measured.only?.includes(name) === false) return false;
  const foreigner = foreigners[name];
  if (foreigner !== undefined) return measured.javaScriptOnly !== true && foreigner.programs.includes(measured.program);
  const programs = await contestants[name]!.load();
  return programs[measured.program] !== undefined && (measured.takesPart?.(programs) ?? true);
}
