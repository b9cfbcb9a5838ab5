import type { CancelScope } from "@selvage/scope";
import { map, TaskGroup } from "@selvage/task-group";
import { timeout } from "@selvage/timeout";
import { account, type Account, losses } from "../faults/account.js";
import { judge } from "../faults/deployment.js";
import { Load, type Sent } from "../faults/load.js";
import type { Happening, Plan } from "./plan.js";
import type { World } from "./world.js";

/** How a round ended. */
export interface Round extends Account {
  /** A line for everything that went wrong. */
  readonly problems: readonly string[];
}

/** How long a round may take until all events are accepted, and how long until they are delivered, in milliseconds. */
const LIMIT = 120_000;
const QUIET = 120_000;
/** How many events are sent at once if the service is slow. */
const CONCURRENCY = 200;

/** Sends events at a rate while something happens, waits until all are delivered, and counts what became of them. */
export async function playRound(
  parent: CancelScope,
  plan: Plan,
  { events, rate }: { readonly events: number; readonly rate: number },
  world: World,
): Promise<Round> {
  const { steady, unsteady, destinations, table } = world;
  const loads = [new Load(steady), new Load(unsteady)] as const;
  const open = await timeout(
    LIMIT + QUIET,
    async ({ scope }) => {
      await TaskGroup.run(
        (group) => {
          group.createTask((own) => happen(own, plan, (events / 2) * plan.part, world, loads[0]), {
            name: plan.happening,
          });
          const sent = paced(group.scope, eventsOf(plan, events, world), rate);
          group.createTask(
            () =>
              map(sent, ({ event, n }, own) => loads[n % 2]!.post(own, event), {
                parent: group.scope,
                limit: CONCURRENCY,
              }),
            { name: "clients" },
          );
        },
        { parent: scope },
      );
      const left = await table.quiet(scope, QUIET);
      for (const destination of destinations) await destination.settled();
      return left;
    },
    { parent },
  );
  const counts = account({
    accepted: new Set(loads.flatMap(({ accepted }) => [...accepted])),
    unaccepted: loads.flatMap(({ unaccepted }) => [...unaccepted.keys()]),
    arrivals: new Map(destinations.flatMap(({ arrivals }) => [...arrivals])),
    open,
  });
  const crashes = [steady, unsteady].flatMap((service) => service.crashes.splice(0));
  const shutdowns = unsteady.shutdowns.splice(0);
  for (const { arrivals } of destinations) arrivals.clear();
  await table.clear();
  return {
    ...counts,
    problems: [
      ...losses(counts),
      ...shutdowns.flatMap(judge),
      ...crashes.map(({ code, output }) => `a process ended by itself with ${code}\n${output.join("\n")}`),
    ],
  };
}

/** Waits until the steady process has accepted so many events, and lets the planned thing happen. */
async function happen(scope: CancelScope, plan: Plan, accepted: number, world: World, load: Load): Promise<void> {
  await load.progress.until(scope, (progress) => progress >= accepted);
  await actions[plan.happening](scope, plan, world);
}

const actions: Record<Happening, (scope: CancelScope, plan: Plan, world: World) => Promise<void>> = {
  nothing: () => Promise.resolve(),
  "a destination is faulty": async (scope, { behaviour, lasts }, { destinations }) => {
    destinations[0]!.behave(behaviour);
    try {
      await scope.sleep(lasts);
    } finally {
      destinations[0]!.behave("answers");
    }
  },
  "the database is paused": async (scope, { lasts }, { postgres }) => {
    postgres.pause();
    try {
      await scope.sleep(lasts);
    } finally {
      postgres.resume();
    }
  },
  "the database is restarted": (_scope, _plan, { postgres }) => postgres.restart("fast"),
  "the database crashes": (_scope, _plan, { postgres }) => postgres.restart("immediate"),
  SIGTERM: async (scope, _plan, { unsteady }) => {
    await unsteady.terminate(scope);
    await unsteady.start(scope);
  },
  SIGKILL: async (scope, _plan, { unsteady }) => {
    await unsteady.kill(scope);
    await unsteady.start(scope);
  },
};

interface Numbered {
  readonly event: Sent;
  readonly n: number;
}

function* eventsOf({ seed }: Plan, events: number, { destinations }: World): Generator<Numbered> {
  for (let n = 0; n < events; n++) {
    yield { n, event: { id: `${seed}-${n}`, destination: destinations[(n >> 1) % destinations.length]! } };
  }
}

/** Passes items on, so many each second. */
async function* paced<T>(scope: CancelScope, items: Iterable<T>, rate: number): AsyncGenerator<T> {
  const began = scope.clock.now();
  let n = 0;
  for (const item of items) {
    const early = began + (n++ * 1_000) / rate - scope.clock.now();
    if (early > 0) await scope.sleep(early);
    yield item;
  }
}
