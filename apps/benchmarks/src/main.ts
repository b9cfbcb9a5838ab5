/** `pnpm bench`: runs every scenario for every contestant, and says how they compare. */
import { spawnSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { contestants, foreigners } from "./contestants.js";
import { writeDocuments } from "./documents.js";
import { parseOptions, type Options, usage } from "./options.js";
import { type Circumstances, renderScenario } from "./report.js";
import { type CaseResult, run } from "./runner.js";
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
  const others = Object.entries(foreigners).map(([name, { title, command, check }]) => ({
    name,
    title,
    version: answer(command, check),
  }));
  const absent = others.filter(({ version }) => version === undefined);
  for (const { title } of absent) console.error(`${title} is not there, and is left out.`);
  const node = answer(plan.node, ["--version"]);
  if (node === undefined) throw new Error(`expected a Node, got ${plan.node}`);
  const circumstances: Circumstances = {
    node: node.replace("v", ""),
    others: others.map(({ version }) => version).filter((version) => version !== undefined),
    absent: absent.map(({ title }) => title),
    machine: `${cpus().length} processors of the kind ${cpus()[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GB`,
    rounds: plan.rounds,
    date: new Date().toISOString().slice(0, 10),
  };

  const results: CaseResult[] = [];
  for (const scenario of plan.scenarios) {
    const own: CaseResult[] = [];
    for await (const result of run(scenario, { ...plan, absent: new Set(absent.map(({ name }) => name)) })) {
      console.error(`${scenario.id} ${result.measured.id}`); // a sign of life
      own.push(result);
    }
    if (own.length > 0) console.log(`${renderScenario(own)}\n`);
    results.push(...own);
  }
  if (complete) await writeDocuments(fileURLToPath(new URL("..", import.meta.url)), results, circumstances);
}

/** What a command prints; `undefined` if it is not there, or ends badly. */
function answer(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.trim() : undefined;
}
