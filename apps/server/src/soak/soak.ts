import { inspect } from "node:util";
import type { CancelScope } from "@selvage/scope";
import type { Sample } from "./growth.js";
import { type Happening, happenings, planRound } from "./plan.js";
import { playRound } from "./round.js";
import type { World } from "./world.js";

/** The sums of all rounds so far. */
export interface Totals {
  readonly accepted: number;
  readonly twice: number;
  /** The number of rounds in which each thing happened. */
  readonly rounds: Readonly<Record<Happening, number>>;
}

/** How the soak runs. */
export interface SoakOptions {
  /** The seed of the first round, a whole number; the next round has the next one. */
  readonly seed: number;
  /** How many events are sent each second. */
  readonly rate: number;
}

/** How long the events of a round are sent, in seconds. */
const SECONDS = 4;

/**
 * Runs rounds until `goesOn` returns `false`. It is called after each round, with the sums so far, and the size of the steady process's heap after a
 * collection.
 *
 * **Cancellation**: ends the present round, and rejects with the scope's `CancelledError`.
 *
 * @throws {Error} If anything was lost or stuck in a round, or a shutdown was late. It says with which seed to repeat the round.
 */
export async function soak(
  { seed, rate }: SoakOptions,
  world: World,
  goesOn: (totals: Totals, sample: Sample) => boolean,
  scope: CancelScope,
): Promise<void> {
  const events = Math.ceil(rate * SECONDS);
  const began = scope.clock.now();
  await world.steady.start(scope);
  await world.unsteady.start(scope);
  let totals: Totals = {
    accepted: 0,
    twice: 0,
    rounds: Object.fromEntries(happenings.map((name) => [name, 0])) as Record<Happening, number>,
  };
  let sample: Sample;
  let round = seed;
  do {
    const plan = planRound(round++);
    const { problems, accepted, twice } = await playRound(scope, plan, { events, rate }, world);
    if (problems.length > 0) {
      const description = inspect(plan, { breakLength: Infinity, compact: true });
      throw new Error(`in the round of --seed ${plan.seed} (${description}): ${problems.join("; ")}`);
    }
    const { happening } = plan;
    totals = {
      accepted: totals.accepted + accepted,
      twice: totals.twice + twice,
      rounds: { ...totals.rounds, [happening]: totals.rounds[happening] + 1 },
    };
    const heap = await scope.race(world.steady.process.heap());
    sample = { time: (scope.clock.now() - began) / 60_000, heap };
  } while (goesOn(totals, sample));
}
