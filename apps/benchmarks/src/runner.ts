import { fileURLToPath } from "node:url";
import { figureOf, type Outcome } from "./child-process.js";
import type { Foreigner, Ready } from "./contestant.js";
import { contestants, foreigners } from "./contestants.js";
import type { ClockName, Figure } from "./figure.js";
import { goals } from "./goals.js";
import type { Goal } from "./goal.js";
import type { Effort } from "./measure.js";
import type { Case, Scenario } from "./scenario.js";

/** What to run, and how. */
export interface Plan {
  readonly scenarios: readonly Scenario[];
  readonly cases: (measured: Case) => boolean;
  readonly contestants: (name: string) => boolean;
  /** The contestants in other languages that can take part here. */
  readonly ready: ReadonlyMap<string, Ready>;
  readonly rounds: number;
  /** The Node to measure with. */
  readonly node: string;
  /** The clock by which goals are judged. */
  readonly clock: ClockName;
  readonly effort: Effort;
}

/** What was found for one case. */
export interface CaseResult {
  readonly scenario: Scenario;
  readonly measured: Case;
  /** Each contestant's figure in each round. */
  readonly figures: ReadonlyMap<string, readonly Figure[]>;
  /** The contestants that could not be measured, and why. */
  readonly failures: ReadonlyMap<string, string>;
}

/** A contestant that needs longer than this, in milliseconds, is measured in three rounds only, unless a goal names it. */
const SLOW = 1_000;
const ROUNDS_IF_SLOW = 3;
/** A process that needs longer than this is given up, in milliseconds, or more memory, in MB. */
const TOO_SLOW = 6_000;
const TOO_MUCH = 2_048;
/** How many times as long a process may take where processor time counts: then the machine is busy. */
const IF_BUSY = 10;

const worker = fileURLToPath(new URL("worker.js", import.meta.url));

/** Measures case after case. In each round of a case, each contestant in turn runs in a new process. */
export async function* run(scenario: Scenario, plan: Plan): AsyncGenerator<CaseResult> {
  for (const measured of scenario.cases) {
    if (plan.cases(measured)) yield await runCase(plan, scenario, measured);
  }
}

async function runCase(plan: Plan, scenario: Scenario, measured: Case): Promise<CaseResult> {
  const figures = new Map<string, Figure[]>();
  const failures = new Map<string, string>();
  const rounds = Math.min(plan.rounds, measured.rounds ?? Infinity);
  const slow = plan.clock === "wall" ? SLOW : SLOW * IF_BUSY;
  const judged = namedByGoals(goals, scenario, measured);
  let names = await participants(plan, measured);
  for (let round = 0; round < rounds; round++) {
    const goOn: string[] = [];
    for (const name of names) {
      const outcome = await measure(plan, scenario, measured, name);
      if ("failure" in outcome) {
        failures.set(name, outcome.failure);
        continue;
      }
      figures.set(name, [...(figures.get(name) ?? []), outcome.figure]);
      if (outcome.elapsed < slow || round + 1 < ROUNDS_IF_SLOW || judged.has(name)) goOn.push(name);
    }
    // No contestant is always the first, or always after the same one that heats the machine.
    names = [...goOn.slice(1), ...goOn.slice(0, 1)];
  }
  return { scenario, measured, figures, failures };
}

/** The floor, and every contestant that a goal of the case names: they are measured in every round even if they are slow. */
export function namedByGoals(all: readonly Goal[], { id }: Scenario, measured: Case): ReadonlySet<string | undefined> {
  const own = all.filter(({ scenario, cases }) => scenario === id && cases.includes(measured.id));
  const named = own.flatMap(({ of, limit }) =>
    "to" in limit && limit.to !== "every peer" ? [...of, ...limit.to] : of,
  );
  return new Set([measured.floor, ...named]);
}

/** The floor always takes part, because the others are compared with it. */
async function participants(plan: Plan, measured: Case): Promise<string[]> {
  const wanted = (name: string): boolean =>
    name === measured.floor || (plan.contestants(name) && (measured.only?.includes(name) ?? true));
  const names: string[] = [];
  for (const [name, contestant] of Object.entries(contestants)) {
    if (!wanted(name)) continue;
    const programs = await contestant.load();
    if (programs[measured.program] !== undefined && (measured.takesPart?.(programs) ?? true)) names.push(name);
  }
  for (const [name, foreigner] of Object.entries(foreigners)) {
    if (wanted(name) && plan.ready.has(name) && canTakePart(foreigner, measured)) names.push(name);
  }
  return names;
}

/** Whether a contestant in another language has what the case measures. */
export function canTakePart({ programs }: Foreigner, { javaScriptOnly, program, variant }: Case): boolean {
  if (javaScriptOnly === true || !programs.includes(program)) return false;
  return program !== "comeAndGo" || variant === "task";
}

function measure(plan: Plan, scenario: Scenario, measured: Case, name: string): Promise<Outcome> {
  const effort = JSON.stringify({ ...plan.effort, warmUp: measured.warmUp ?? plan.effort.warmUp });
  const atMost = (measured.atMost ?? TOO_SLOW) * (plan.clock === "wall" ? 1 : IF_BUSY);
  const ready = plan.ready.get(name);
  if (ready === undefined) {
    // What users get, not what was compiled file by file.
    const flags = ["--conditions=@selvage/published", "--expose-gc", `--max-old-space-size=${TOO_MUCH}`];
    const more = measured.nodeFlags ?? [];
    return figureOf(plan.node, [...flags, ...more, worker, scenario.id, measured.id, name, effort], atMost);
  }
  const { command, args } = ready;
  return figureOf(command, [...args, measured.program, String(measured.n), measured.variant ?? "", effort], atMost);
}
