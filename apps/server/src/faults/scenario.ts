import type { CancelScope } from "@selvage/scope";
import type { PostgresServer } from "@selvage/test-support/postgres-server";
import type { Deployment } from "./deployment.js";
import type { Destination } from "./destination.js";
import type { EventTable } from "./event-table.js";
import type { Load } from "./load.js";
import type { Random } from "./random.js";
import type { ProcessOptions } from "./service-process.js";

/** What a scenario acts on. */
export interface Stage {
  readonly scope: CancelScope;
  readonly random: Random;
  /** How many events the clients send. */
  readonly events: number;
  readonly destinations: readonly Destination[];
  readonly postgres: PostgresServer;
  readonly table: EventTable;
  readonly service: Deployment;
  readonly load: Load;
  /** Records that the service did not do what it should. */
  readonly blame: (problem: string) => void;
}

/** A fault, which happens while clients send events. */
export interface Scenario {
  readonly name: string;
  /** How many events the clients send in a full run. */
  readonly events: number;
  /** How many events they send at once; 20 if it is left out. */
  readonly concurrency?: number;
  /** How the service is started. */
  readonly service?: Partial<ProcessOptions>;
  /** Whether processes of the service may end by themselves: they are replaced. */
  readonly mayCrash?: boolean;
  /** Causes the fault, and ends it. It is called before the first event is sent. */
  play(stage: Stage): Promise<void>;
}

/** Waits until a part of the events is accepted. */
export async function acceptedPart({ load, events, scope }: Stage, part: number): Promise<void> {
  await load.progress.until(scope, (accepted) => accepted >= Math.floor(events * part));
}
