/**
 * `pnpm faults [--only NAME] [--seed N] [--slice] [--write]`: runs the service as processes against a real PostgreSQL while one fault after the other
 * happens. Ends with 1 if an event was lost or stuck, or a shutdown was late. With `--write`, writes the table `faults.md`.
 */
import { writeFileSync } from "node:fs";
import { run } from "@selvage/runner";
import { PostgresServer } from "@selvage/test-support/postgres-server";
import { LATE } from "./deployment.js";
import { EventTable } from "./event-table.js";
import { readOptions } from "./options.js";
import { play, type Result } from "./play.js";
import { Random } from "./random.js";
import { file, line, renderDocument } from "./report.js";
import { scenarios } from "./scenarios/index.js";

const { only, seed, scale, writes } = readOptions(process.argv.slice(2));
const chosen = scenarios.filter(({ name }) => name.includes(only));
if (chosen.length === 0)
  throw new RangeError(`--only must be a part of a scenario's name, got ${JSON.stringify(only)}.`);

await run(async (scope) => {
  console.log(`seed ${seed}`);
  const results: Result[] = [];
  const postgres = await PostgresServer.start();
  const table = new EventTable(postgres.url);
  try {
    for (const scenario of chosen) {
      // Each scenario has the same random numbers, whichever others run.
      const result = await play(scope, scenario, { postgres, table, random: new Random(seed), scale });
      console.log(line(result));
      results.push(result);
    }
  } finally {
    await table[Symbol.asyncDispose]();
    await postgres[Symbol.asyncDispose]();
  }
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  console.log(`${results.length - failed} faults survived, ${failed} not`);
  if (failed > 0) process.exitCode = 1;
  else if (writes) writeFileSync(file, await renderDocument(results, LATE));
});
