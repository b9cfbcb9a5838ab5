/** `pnpm bench`: runs every scenario for every contestant, and says how they compare. */
import { spawnSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { contestants, foreigners } from "./contestants.js";
import { writeDocuments } from "./documents.js";
import { type Circumstances, renderScenario } from "./report.js";
import { type CaseResult, type Plan, run } from "./runner.js";
import { scenarios } from "./scenarios.js";

const usage = `Usage: pnpm bench [options]

  --only A,B               these scenarios
  --cases wide,1000-none   cases whose name contains one of these
  --contestants a,b        these contestants, and the floor
  --rounds 9               how many rounds
  --node <path>            the Node to measure with
  --processor-time         measures how long a process had a processor, and not how long it took: for a busy machine
  --list                   prints the names of scenarios, cases and contestants

A run of everything, in nine rounds or more, is written to results/ and to the README.`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    cases: { type: "string" },
    contestants: { type: "string" },
    rounds: { type: "string", default: "9" },
    node: { type: "string", default: process.execPath },
    "warm-up": { type: "string", default: "150" },
    measured: { type: "string", default: "60" },
    "processor-time": { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(usage);
else if (values.list) list();
else await bench();

function list(): void {
  for (const { id, title, cases } of scenarios) console.log(`${id} ${title}: ${cases.map(({ id }) => id).join(", ")}`);
  console.log(`\ncontestants: ${Object.keys({ ...contestants, ...foreigners }).join(", ")}`);
}

async function bench(): Promise<void> {
  const versions = new Map(Object.entries(foreigners).map(([name, { command, check }]) => [name, answer(command, check)]));
  const absent = new Set([...versions].filter(([, version]) => version === undefined).map(([name]) => name));
  for (const name of absent) console.error(`${foreigners[name]!.title} is not there, and is left out.`);
  const version = answer(values.node, ["--version"]);
  if (version === undefined) throw new Error(`expected a Node at ${values.node}`);

  const only = values.only?.split(",");
  const cases = values.cases?.split(",");
  const chosen = values.contestants?.split(",");
  const plan: Plan = {
    scenarios: scenarios.filter(({ id }) => only?.includes(id) ?? true),
    cases: ({ id }) => cases?.some((part) => id.includes(part)) ?? true,
    contestants: (name) => chosen?.includes(name) ?? true,
    absent,
    rounds: Number(values.rounds),
    node: values.node,
    effort: {
      warmUp: Number(values["warm-up"]),
      measured: Number(values.measured),
      atMost: 500,
      clock: values["processor-time"] ? "processor" : "wall",
    },
  };
  const circumstances: Circumstances = {
    node: version.replace("v", ""),
    others: [...versions.values()].filter((version) => version !== undefined),
    absent: [...absent].map((name) => foreigners[name]!.title),
    machine: `${cpus().length} processors of the kind ${cpus()[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GB`,
    rounds: plan.rounds,
    date: new Date().toISOString().slice(0, 10),
  };

  const results: CaseResult[] = [];
  for await (const result of run(plan)) {
    results.push(result);
    const { scenario } = result;
    const own = results.filter((other) => other.scenario === scenario);
    console.error(`${scenario.id} ${result.measured.id}: done`);
    const last = scenario.cases.filter(plan.cases).at(-1) === result.measured;
    if (last) console.log(`${renderScenario(own)}\n`);
  }
  const whole = [only, cases, chosen].every((filter) => filter === undefined) && plan.rounds >= 9 && !values["processor-time"];
  if (whole) await writeDocuments(results, circumstances);
}

/** What a command prints; `undefined` if it is not there, or ends badly. */
function answer(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : undefined;
}
