/**
 * Runs random programs, and random groups of errors, with CPython and with Selvage, and prints the differences.
 *
 * `pnpm oracle --runs 100000 --seed 1`
 */
import { parseArgs } from "node:util";
import { exceptOracle, splitOracle } from "./group-oracle.js";
import { consult, type ConsultOptions, type Oracle } from "./oracle.js";
import { programOracle } from "./program-oracle.js";
import { command, Python, whyNoPython } from "./python.js";

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { runs: { type: "string" }, seed: { type: "string" } } });
  const runs = Number(values.runs ?? 10_000);
  const seed = Number(values.seed ?? Math.trunc(Math.random() * 2 ** 31));
  if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
    throw new TypeError("usage: pnpm oracle [--runs <whole number>] [--seed <whole number>]");
  }
  const reason = whyNoPython();
  if (reason !== undefined) throw new Error(`the oracle is CPython, but ${reason}`);
  await using python = new Python();
  console.log(`${command} is CPython ${await python.version()}; --runs ${runs} --seed ${seed}`);
  const options = { runs, seed };
  const agreed = [
    await agree(programOracle, python, options),
    await agree(splitOracle, python, options),
    await agree(exceptOracle, python, options),
  ];
  if (agreed.includes(false)) process.exitCode = 1;
}

/** Runs one oracle; returns whether both sides agree. */
async function agree<Case>(oracle: Oracle<Case>, python: Python, options: ConsultOptions): Promise<boolean> {
  const start = performance.now();
  const { runs, sights, passedOver, difference } = await consult(oracle, python, options);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (difference !== undefined) {
    console.log(
      `\n${oracle.name}: they differ. The smallest case found, what only Selvage has (−), and only CPython (+):`,
    );
    console.log(`\n${difference}`);
    return false;
  }
  console.log(
    `\n${oracle.name}: ${runs - passedOver} alike, ${passedOver} passed over, in ${seconds} s; in so many of them`,
  );
  for (const [sight, count] of [...sights].sort(([, one], [, other]) => other - one)) {
    console.log(`${String(count).padStart(9)}  ${sight}`);
  }
  return true;
}

await main();
