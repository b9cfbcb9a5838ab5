import { inspect } from "node:util";
import { type CancelScope, isCancellation } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { type Phase, type Plan, planRound } from "./plan.js";
import { playRound, type Rate } from "./round.js";
import { nothing, sumOf, type Tally } from "./tally.js";

export interface SoakReport extends Tally {
  /** The number of rounds that ended in each phase of the service's work, and of those that were over before. */
  readonly rounds: Readonly<Record<Phase | "over", number>>;
}

export interface SoakOptions extends Rate {
  /** The seed of the first round, a whole number; the next round has the next one. */
  readonly seed: number;
}

/** The maximum number of requests in a round; fewer if they would take longer than the given number of seconds. */
const MOST = 150;
const SECONDS = 1;

/**
 * Runs rounds until `goesOn` returns `false`. It is called before each round, with the sums of the rounds so far.
 *
 * **Cancellation**: ends the present round, and rejects with the scope's `CancelledError`.
 *
 * @throws {Error} If anything was lost in a round. It says what, and with which seed to repeat the round.
 */
export async function soak(
  { seed, ...rate }: SoakOptions,
  goesOn: (report: SoakReport) => boolean,
  scope: CancelScope,
): Promise<SoakReport> {
  const most = Math.max(1, Math.min(MOST, Math.floor(rate.rate * SECONDS)));
  let report: SoakReport = { ...nothing, rounds: { starting: 0, serving: 0, restarting: 0, draining: 0, over: 0 } };
  async function playRounds(clients: Supervisor): Promise<void> {
    for (let round = seed; goesOn(report); round++) {
      const plan = planRound(round, most);
      const { lost, reached, tally } = await playRound(plan, rate, clients).catch((error: unknown) => {
        if (isCancellation(error, clients.scope)) throw error;
        throw new Error(`failed in ${describe(plan)}`, { cause: error });
      });
      if (lost.length > 0) throw new Error(`lost in ${describe(plan)}: ${lost.join("; ")}`);
      const phase = reached ? plan.phase : "over";
      report = { ...sumOf(report, tally), rounds: { ...report.rounds, [phase]: report.rounds[phase] + 1 } };
    }
  }
  await Supervisor.run(playRounds, { parent: scope, name: "clients", isFatal: () => true });
  return report;
}

/** How to repeat a round, and its random choices. */
function describe(plan: Plan): string {
  return `the round of --seed ${plan.seed} (${inspect(plan, { breakLength: Infinity, compact: true })})`;
}
