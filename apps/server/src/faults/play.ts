import { type CancelScope, format } from "@selvage/scope";
import { TaskGroup } from "@selvage/task-group";
import { timeout } from "@selvage/timeout";
import type { PostgresServer } from "@selvage/test-support/postgres-server";
import { account, type Account, losses } from "./account.js";
import { Deployment, judge } from "./deployment.js";
import { Destination } from "./destination.js";
import type { EventTable } from "./event-table.js";
import { Load, type Sent } from "./load.js";
import type { Random } from "./random.js";
import type { Scenario, Stage } from "./scenario.js";

/** How a scenario ended. */
export interface Result extends Account {
  readonly name: string;
  /** How many processes were started. */
  readonly starts: number;
  /** The longest shutdown, in milliseconds. */
  readonly shutdown: number;
  /** The most memory that a process had, in bytes; 0 if the system does not say. */
  readonly peak: number;
  /** How long it all took, in milliseconds. */
  readonly elapsed: number;
  /** Why it is a failure. */
  readonly problems: readonly string[];
}

/** Where the scenarios run. */
export interface Ground {
  readonly postgres: PostgresServer;
  readonly table: EventTable;
  readonly random: Random;
  /** The part of the events that is sent. */
  readonly scale: number;
}

/** How many destinations there are. The faulty one is the first. */
const DESTINATIONS = 4;
/** How many events the clients send at once, unless the scenario says it. */
const CONCURRENCY = 20;
/** At least so many events are sent, so that a fault meets some. */
const FEWEST = 200;
/** How long a scenario may take, in milliseconds: in all, for each event, and, after the clients have ended, until all events are delivered. */
const LIMIT = 240_000;
const EACH = 20;
const QUIET = 120_000;

/** Runs the service while a fault happens, and counts what became of the events. */
export async function play(parent: CancelScope, scenario: Scenario, ground: Ground): Promise<Result> {
  const began = performance.now();
  const { postgres, table, random, scale } = ground;
  const problems: string[] = [];
  await table.drop();
  const destinations = await Promise.all(Array.from({ length: DESTINATIONS }, () => Destination.start()));
  const service = new Deployment(postgres.url, scenario.service);
  const load = new Load(service);
  const stage: Omit<Stage, "scope"> = {
    random,
    events: Math.max(FEWEST, Math.round(scenario.events * scale)),
    destinations,
    postgres,
    table,
    service,
    load,
    blame: (problem) => problems.push(problem),
  };
  let open: readonly string[];
  try {
    const limit = LIMIT + EACH * stage.events;
    open = await timeout(limit, ({ scope }) => perform(scope, scenario, stage), { parent });
  } catch (error) {
    parent.throwIfCancelled();
    problems.push(format(error));
    postgres.resume();
    open = await table.open().catch(() => []);
  } finally {
    await service[Symbol.asyncDispose]();
    for (const destination of destinations) await destination[Symbol.asyncDispose]();
  }
  const counts = account({
    accepted: load.accepted,
    unaccepted: [...load.unaccepted.keys()],
    arrivals: new Map(destinations.flatMap(({ arrivals }) => [...arrivals])),
    open,
  });
  return {
    ...counts,
    name: scenario.name,
    starts: service.starts,
    shutdown: Math.max(0, ...service.shutdowns.map(({ elapsed }) => elapsed)),
    peak: service.peak,
    elapsed: performance.now() - began,
    problems: [...losses(counts), ...blames(scenario, service, load), ...problems],
  };
}

/** Lets the fault happen while clients send events, and waits until all is delivered. Returns the ids of what is not. */
async function perform(
  parent: CancelScope,
  scenario: Scenario,
  ground: Omit<Stage, "scope">,
): Promise<readonly string[]> {
  const { service, load, table, destinations, events } = ground;
  await service.start(parent);
  await TaskGroup.run(
    (group) => {
      group.createTask((scope) => scenario.play({ ...ground, scope }), { name: scenario.name });
      const sent = eventsFor(scenario.name, events, destinations);
      group.createTask((scope) => load.send(scope, sent, scenario.concurrency ?? CONCURRENCY), { name: "clients" });
    },
    { parent },
  );
  for (const destination of destinations) destination.behave("answers");
  const open = await table.quiet(parent, QUIET);
  for (const destination of destinations) await destination.settled();
  await service.listening(parent); // it may have crashed at last
  await service.terminate(parent);
  return open;
}

/** What the service did wrong, apart from what became of the events. */
function blames(scenario: Scenario, service: Deployment, load: Load): string[] {
  const [refusal] = load.unaccepted.values();
  return [
    ...(refusal === undefined ? [] : [`not accepted because of ${refusal}`]),
    ...service.shutdowns.flatMap(judge),
    ...(scenario.mayCrash ? [] : service.crashes.map(({ code, output }) => crash(code, output))),
  ];
}

function crash(code: number, output: readonly string[]): string {
  return `a process ended by itself with ${code}\n${output.join("\n")}`;
}

/** The events of a scenario, for one destination after the other. */
function* eventsFor(name: string, events: number, destinations: readonly Destination[]): Generator<Sent> {
  for (let n = 0; n < events; n++) {
    yield { id: `${name.replaceAll(/\W+/g, "-")}-${n}`, destination: destinations[n % destinations.length]! };
  }
}
