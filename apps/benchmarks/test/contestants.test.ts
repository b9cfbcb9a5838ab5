/** Every contestant does the work of every case once, with a handful of tasks: what measures it counts what it does. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { figureOf } from "../src/child-process.js";
import { contestants, foreigners } from "../src/contestants.js";
import type { Effort } from "../src/measure.js";
import { takesPart } from "../src/runner.js";
import { scenarios } from "../src/scenarios.js";

const FEW = 5;
const effort: Effort = { warmUp: 0, measured: 0, atMost: 1_000, clock: "wall" };
// Cases that differ in their size alone ask for the same work.
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

  it.each(cases.filter(({ measured }) => programs[measured.program] !== undefined))(
    "does the work of $name",
    async ({ measured }) => {
      expect(await measured.measure(programs, FEW, effort)).toSatisfy(Number.isFinite);
    },
  );
});

describe.each(Object.entries(foreigners))("%s", (_, foreigner) => {
  const { command, check, script } = foreigner;
  const isThere = spawnSync(command, check).status === 0;
  if (!isThere) console.warn(`${foreigner.title} is not there: its tests are skipped, which is a failure in CI`);

  describe.skipIf(!isThere && process.env["CI"] === undefined)("where it is there", () => {
    it.each(cases.filter(({ measured }) => takesPart(foreigner, measured)))(
      "does the work of $name",
      async ({ measured: { program, variant = "" } }) => {
        const outcome = await figureOf(
          command,
          [script, program, String(FEW), variant, JSON.stringify(effort)],
          60_000,
        );
        expect(outcome).toMatchObject({ value: expect.any(Number) as number });
      },
    );
  });
});
