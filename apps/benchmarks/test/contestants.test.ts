/** Every contestant does the work of every case once, with a handful of tasks: what is measured counts what it does. */
import { afterAll, describe, expect, it } from "vitest";
import { figureOf } from "../src/child-process.js";
import { contestants, foreigners } from "../src/contestants.js";
import type { Effort } from "../src/measure.js";
import { canTakePart } from "../src/runner.js";
import { scenarios } from "../src/scenarios.js";

const FEW = 5;
const effort: Effort = { warmUp: 0, measured: 0, atMost: 1_000 };
// Cases that differ only in their size ask for the same work.
const cases = scenarios.flatMap(({ id, cases }) => [
  ...new Map(
    cases.map((measured) => {
      const { program, variant = "", unit } = measured;
      return [`${program} ${variant} ${unit}`, { name: `${id} ${measured.id}`, measured }];
    }),
  ).values(),
]);

describe.each(Object.entries(contestants))("%s", async (_, contestant) => {
  const programs = await contestant.load();
  const own = cases.filter(
    ({ measured }) => programs[measured.program] !== undefined && (measured.takesPart?.(programs) ?? true),
  );

  it.each(own)("does the work of $name", async ({ measured }) => {
    const figure = await measured.measure(programs, FEW, effort);
    expect(typeof figure === "number" ? figure : figure.value).toSatisfy(Number.isFinite);
  });
});

/** These are installed in CI. */
const required = ["asyncio", "trio"];

describe.each(Object.entries(foreigners))("%s", async (name, foreigner) => {
  const ready = await foreigner.prepare();
  if (ready === undefined) console.warn(`${foreigner.title} is not installed: its tests are skipped`);

  afterAll(() => ready?.dispose?.());

  it.skipIf(process.env["CI"] === undefined || !required.includes(name))("is installed in CI", () => {
    expect(ready).toBeDefined();
  });

  it.skipIf(ready === undefined)("states its version", () => {
    expect(ready!.version).toMatch(/^(CPython|Trio|Go) \d/);
  });

  it.skipIf(ready === undefined).each(cases.filter(({ measured }) => canTakePart(foreigner, measured)))(
    "does the work of $name",
    async ({ measured: { program, variant = "" } }) => {
      const args = [...ready!.args, program, String(FEW), variant, JSON.stringify(effort)];
      const outcome = await figureOf(ready!.command, args, 60_000);
      expect(outcome).toMatchObject({ figure: { value: expect.any(Number) as number } });
    },
  );
});
