/** One process, one contestant, one case, one figure: prints it as JSON, `{"value":…}`. */
import { argv } from "node:process";
import { contestants } from "./contestants.js";
import type { Effort } from "./measure.js";
import { scenarios } from "./scenarios.js";

const [, , scenarioId, caseId, contestantName, effort] = argv;

if (globalThis.gc === undefined) throw new Error("expected node --expose-gc: start it as runner.ts does");
const measured = scenarios.find(({ id }) => id === scenarioId)?.cases.find(({ id }) => id === caseId);
const contestant = contestants[contestantName!];
if (measured === undefined || contestant === undefined) {
  throw new Error(`expected a case and a contestant, got ${argv.slice(2).join(" ")}`);
}
const programs = await contestant.load();
const figure = await measured.measure(programs, measured.n, JSON.parse(effort!) as Effort);
console.log(JSON.stringify(typeof figure === "number" ? { value: figure } : figure));
process.exit(0); // some contestants leave timers armed
