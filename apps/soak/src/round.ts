import { describeTree } from "@selvage/scope/debug";
import type { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { timeout, TimeoutError } from "@selvage/timeout";
import { audit } from "./audit.js";
import { type Load, type Sent, sendRequests } from "./client.js";
import { kinds } from "./kind.js";
import { Parent } from "./parent.js";
import type { Plan } from "./plan.js";
import { Resources } from "./resources.js";
import { Service } from "./service.js";
import { type Tally, tallyOf } from "./tally.js";
import { Trigger } from "./trigger.js";

/** The maximum number of requests: at once, and per second. */
export type Rate = Pick<Load, "concurrency" | "rate">;

export interface Round {
  /** A line for each loss. */
  readonly lost: readonly string[];
  /** Whether it ended at the planned point, and not when all its requests had been sent. */
  readonly reached: boolean;
  readonly tally: Tally;
}

/** The time limit of a round, in addition to the time that its requests need at their rate, in milliseconds. */
const LIMIT = 60_000;

/**
 * Starts the service, sends requests, cancels its parent at the planned point, waits until everything has ended, and
 * counts what was lost.
 *
 * **Cancellation**: the cancellation of `clients` ends the round early; the call rejects when the service has ended.
 *
 * @throws {Error} If the service does not end.
 */
export async function playRound(plan: Plan, rate: Rate, clients: Supervisor): Promise<Round> {
  const limit = LIMIT + ((plan.requests + plan.further) * 1_000) / rate.rate;
  const resources = new Resources();
  let left: string[];
  let round: Round;
  try {
    round = await timeout(limit, ({ scope }) => scope.race(play(plan, rate, clients)));
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    const live = describeTree(clients.scope).split("\n");
    throw new Error(`expected the round to end: ${live.map((line) => line.trim()).join(", ")}`, { cause: error });
  } finally {
    left = await resources.release();
  }
  return { ...round, lost: [...round.lost, ...left] };
}

async function play(plan: Plan, rate: Rate, clients: Supervisor): Promise<Round> {
  async function serve(group: TaskGroup): Promise<Round> {
    const parent = new Parent(plan.by, group.scope);
    const trigger = new Trigger(plan, parent);
    const service = new Service(plan, trigger, rate.concurrency);
    const sending = group.createTask(() => send(plan, rate, service, trigger, clients), { name: "clients" });
    await service.run(parent.owner);
    trigger.fire(); // if it has not fired before
    const sent = await sending;
    const { books, pool, supervisor } = service;
    const accounts = { plan, books, pool, sent, reports: await Promise.all(books.reports), stats: supervisor.stats() };
    return { lost: [...audit(accounts), ...parent.close()], reached: trigger.reached, tally: tallyOf(accounts) };
  }
  return await TaskGroup.run(serve, { parent: clients.scope, name: `round ${plan.seed}` });
}

/** Sends requests until the round ends, and then some more. Ends the round if all requests have been sent without reaching its point. */
async function send(
  plan: Plan,
  rate: Rate,
  service: Service,
  trigger: Trigger,
  clients: Supervisor,
): Promise<readonly Sent[]> {
  const port = await service.port;
  if (port === undefined) return [];
  let end = Infinity;
  const isStopping = (): boolean => service.supervisor.stopping;
  return await sendRequests({ ...rate, port, isStopping }, clients, (turn) => {
    if (turn >= plan.requests) trigger.fire();
    if (trigger.hasFired) end = Math.min(end, turn + plan.further);
    if (turn >= end) return undefined;
    return plan.earlier?.by === "task" && plan.earlier.at === turn ? "stop" : kinds[turn % kinds.length];
  });
}
