import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exceptOracle, splitOracle } from "../../src/oracle/group-oracle.js";
import { consult, type Oracle } from "../../src/oracle/oracle.js";
import { programOracle } from "../../src/oracle/program-oracle.js";
import { command, Python } from "../../src/oracle/python.js";
import { noPython } from "./needs-python.js";

const seed = Math.trunc(Math.random() * 2 ** 31);

describe.skipIf(noPython)("consult", () => {
  let python: Python;

  beforeAll(async () => {
    python = new Python();
    console.info(
      `${command} is CPython ${await python.version()}; to do it again: pnpm oracle --runs 300 --seed ${seed}`,
    );
  });

  afterAll(() => python[Symbol.asyncDispose]());

  it("finds the same results of programs in CPython", () => agree(programOracle, python));

  it("finds the same parts of split groups in CPython (E3)", () => agree(splitOracle, python));

  it("finds the same results of except* in CPython as of except (E4, E5)", () => agree(exceptOracle, python));

  const numbers: Oracle<number> = {
    name: "numbers",
    cases: fc.nat(1000),
    show: String,
    onSelvage: (number) => ({ lines: ["same", String(number)], sights: new Set(["a number"]) }),
    onCPython: async (number, python) => ["same", (await python.snippet(`print(min(${number}, 10))`)).trim()],
  };

  it("finds the smallest case in which the two differ", async () => {
    const { difference } = await consult(numbers, python, { runs: 100, seed: 1 });
    expect(difference).toBe("11\n\n  same\n− 11\n+ 10");
  });

  it("counts the topics, and the cases that were not compared", async () => {
    const passingOver: Oracle<number> = { ...numbers, onCPython: () => Promise.resolve(undefined) };
    const report = await consult(passingOver, python, { runs: 20, seed: 1 });
    expect(report).toEqual({ runs: 20, passedOver: 20, sights: new Map([["a number", 20]]) });
  });
});

async function agree<Case>(oracle: Oracle<Case>, python: Python): Promise<void> {
  const { difference, runs, passedOver } = await consult(oracle, python, { runs: 300, seed });
  expect(difference, `seed ${seed}`).toBeUndefined();
  expect(runs).toBe(300);
  expect(passedOver).toBeLessThan(10);
}
