import { PostgresServer } from "@selvage/test-support/postgres-server";
import { Deployment } from "../faults/deployment.js";
import { Destination } from "../faults/destination.js";
import { EventTable } from "../faults/event-table.js";

/** How many destinations there are. The faulty one is the first. */
const DESTINATIONS = 4;

/** What lives as long as the soak: a database, destinations, and two processes of the service, which share the events. */
export interface World extends AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly table: EventTable;
  readonly destinations: readonly Destination[];
  /** Is never restarted, so that its memory tells whether anything is kept. */
  readonly steady: Deployment;
  /** Gets the signals. What it has claimed and not delivered, the other one delivers. */
  readonly unsteady: Deployment;
}

/** Starts the database and the destinations, but no process. @throws {MissingServer} If PostgreSQL is not installed. */
export async function createWorld(): Promise<World> {
  const postgres = await PostgresServer.start();
  const table = new EventTable(postgres.url);
  const destinations = await Promise.all(Array.from({ length: DESTINATIONS }, () => Destination.start()));
  const steady = new Deployment(postgres.url, { flags: ["--expose-gc"] });
  const unsteady = new Deployment(postgres.url);
  return {
    postgres,
    table,
    destinations,
    steady,
    unsteady,
    async [Symbol.asyncDispose]() {
      for (const part of [steady, unsteady, ...destinations, table, postgres]) await part[Symbol.asyncDispose]();
    },
  };
}
