/** `pnpm bench`: runs every scenario for every contestant, and reports how they compare. */
import { spawnSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import type { Ready } from "./contestant.js";
import { contestants, foreigners } from "./contestants.js";
import { writeDocuments } from "./documents.js";
import { parseOptions, type Options, usage } from "./options.js";
import { type Circumstances, renderScenario } from "./report.js";
import { type CaseResult, type Plan, run } from "./runner.js";
import { scenarios } from "./scenarios.js";

const options = parseOptions(process.argv.slice(2));
if (options.action === "help") console.log(usage);
else if (options.action === "list") list();
else await bench(options);

function list(): void {
  for (const { id, title, cases } of scenarios) console.log(`${id} ${title}: ${cases.map(({ id }) => id).join(", ")}`);
  console.log(`\ncontestants: ${Object.keys({ ...contestants, ...foreigners }).join(", ")}`);
}

async function bench({ plan, complete }: Options): Promise<void> {
  const node = answer(plan.node, ["--version"]);
  if (node === undefined) throw new Error(`expected a Node, got ${plan.node}`);
  const ready = await prepare(plan.contestants);
  const absent = Object.entries(foreigners).filter(([name]) => plan.contestants(name) && !ready.has(name));
  for (const [, { title }] of absent) console.error(`${title} is left out, because its tools are not installed.`);
  const circumstances: Circumstances = {
    node: node.replace("v", ""),
    others: [...ready.values()].map(({ version }) => version),
    absent: absent.map(([, { title }]) => title),
    machine: `${cpus().length} processors of the kind ${cpus()[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GB`,
    rounds: plan.rounds,
    clock: plan.clock,
    date: new Date().toISOString().slice(0, 10),
  };
  try {
    const results = await runAll({ ...plan, ready });
    if (complete) await writeDocuments(fileURLToPath(new URL("..", import.meta.url)), results, circumstances);
  } finally {
    for (const { dispose } of ready.values()) await dispose?.();
  }
}

async function prepare(wanted: (name: string) => boolean): Promise<ReadonlyMap<string, Ready>> {
  const ready = new Map<string, Ready>();
  for (const [name, foreigner] of Object.entries(foreigners)) {
    const program = wanted(name) ? await foreigner.prepare() : undefined;
    if (program !== undefined) ready.set(name, program);
  }
  return ready;
}

async function runAll(plan: Plan): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const scenario of plan.scenarios) {
    const started = performance.now();
    const own: CaseResult[] = [];
    for await (const result of run(scenario, plan)) {
      const seconds = Math.round((performance.now() - started) / 1_000);
      console.error(`${scenario.id} ${result.measured.id}, ${seconds} s`); // a sign of life
      own.push(result);
    }
    if (own.length > 0) console.log(`${renderScenario(own, plan.clock)}\n`);
    results.push(...own);
  }
  return results;
}

/** What a command prints; `undefined` if it is not there, or fails. */
function answer(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : undefined;
}
