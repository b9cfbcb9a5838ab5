import { fileURLToPath } from "node:url";
import type { Foreigner } from "./contestant.js";
import { figureOf, type Outcome } from "./child-process.js";
import { contestants, foreigners } from "./contestants.js";
import type { Effort } from "./measure.js";
import type { Case, Scenario } from "./scenario.js";

/** What to run, and how. */
export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly cases: (measured: Case) => boolean;
  readonly contestants: (name: string) => boolean;
  /** Who is in another language and cannot take part here. */
  readonly absent: ReadonlySet<string>;
  readonly rounds: number;
  /** The Node to measure with. */
  readonly node: string;
  readonly effort: Effort;
}

/** What was found for one case. */
export interface CaseResult {
  readonly scenario: Scenario;
  readonly measured: Case;
  /** Each contestant's figure in each round. */
  readonly figures: ReadonlyMap<string, readonly number[]>;
  /** Who could not be measured, and why. */
  readonly failures: ReadonlyMap<string, string>;
}

/** Who needs longer than this for a round is measured in three only, if no goal is about it. */
const SLOW = 1_000;
const ROUNDS_IF_SLOW = 3;
/** Who needs longer than this is given up, or more memory, in MB. */
const TOO_SLOW = 6_000;
const TOO_MUCH = 2_048;
/** How many times as long everybody may take where it is the processor's time that counts: the machine is busy then. */
const IF_BUSY = 10;

const worker = fileURLToPath(new URL("worker.js", import.meta.url));

/** Measures case after case. In each, round by round, every contestant in turn has a process of its own. */
export async function* run(scenario: Scenario, plan: Plan): AsyncGenerator<CaseResult> {
  for (const measured of scenario.cases) {
    if (plan.cases(measured)) yield await runCase(plan, scenario, measured);
  }
}

async function runCase(plan: Plan, scenario: Scenario, measured: Case): Promise<CaseResult> {
  const figures = new Map<string, number[]>();
  const failures = new Map<string, string>();
  const rounds = Math.min(plan.rounds, measured.rounds ?? Infinity);
  const slow = plan.effort.clock === "processor" ? SLOW * IF_BUSY : SLOW;
  const judged = whoIsJudged(scenario, measured);
  let names = await whoTakesPart(plan, measured);
  for (let round = 0; round < rounds; round++) {
    const goOn: string[] = [];
    for (const name of names) {
      const outcome = await measure(plan, scenario, measured, name);
      if ("failure" in outcome) {
        failures.set(name, outcome.failure);
        continue;
      }
      figures.set(name, [...(figures.get(name) ?? []), outcome.value]);
      if (outcome.elapsed < slow || round + 1 < ROUNDS_IF_SLOW || judged.has(name)) goOn.push(name);
    }
    // Nobody is always the first, or always after the same one that heats the machine.
    names = [...goOn.slice(1), ...goOn.slice(0, 1)];
  }
  return { scenario, measured, figures, failures };
}

/** The floor, whose goals there are, and whom they name to be compared with: slow or not, they are measured in every round. */
export function whoIsJudged({ goals }: Scenario, { floor }: Case): ReadonlySet<string | undefined> {
  const named = goals.flatMap(({ of, limit }) =>
    "of" in limit && limit.of !== "every peer" ? [...of, ...limit.of] : of,
  );
  return new Set([floor, ...named]);
}

/** The floor always takes part: the others are measured by it. */
async function whoTakesPart(plan: Plan, measured: Case): Promise<string[]> {
  const wanted = (name: string): boolean => name === measured.floor || plan.contestants(name);
  const names: string[] = [];
  for (const [name, contestant] of Object.entries(contestants)) {
    if (wanted(name) && (await contestant.load())[measured.program] !== undefined) names.push(name);
  }
  for (const [name, foreigner] of Object.entries(foreigners)) {
    if (wanted(name) && !plan.absent.has(name) && takesPart(foreigner, measured)) names.push(name);
  }
  return names;
}

/** Whether somebody in another language can be measured. */
export function takesPart({ programs }: Foreigner, { javaScriptOnly, program }: Case): boolean {
  return javaScriptOnly !== true && programs.includes(program);
}

function measure(plan: Plan, scenario: Scenario, measured: Case, name: string): Promise<Outcome> {
  const effort = JSON.stringify(plan.effort);
  const atMost = plan.effort.clock === "processor" ? TOO_SLOW * IF_BUSY : TOO_SLOW;
  const foreigner = foreigners[name];
  if (foreigner === undefined) {
    // What users get, not what was compiled file by file.
    const flags = ["--conditions=@selvage/published", "--expose-gc", `--max-old-space-size=${TOO_MUCH}`];
    return figureOf(plan.node, [...flags, worker, scenario.id, measured.id, name, effort], atMost);
  }
  const { command, script } = foreigner;
  return figureOf(command, [script, measured.program, String(measured.n), measured.variant ?? "", effort], atMost);
}
