import { randomUUID } from "node:crypto";
import type { CancelScope } from "@selvage/scope";
import type { Config } from "./config.js";
import type { Database } from "./database.js";

/** An event that was accepted, as it is stored. */
export interface NewEvent {
  readonly id: string;
  readonly url: string;
  /** The body of the request that delivers it. */
  readonly body: string;
}

/** An event that this process has claimed. */
export interface ClaimedEvent extends NewEvent {
  /** The trace of the request that brought it, as a W3C `traceparent`; `null` for none. */
  readonly traceparent: string | null;
  /** The origin of its URL. */
  readonly destination: string;
  /** How many rounds have failed. */
  readonly round: number;
}

/**
 * The events in the database. An event is `due`, `claimed` by a process until `due_at`, `delivered`, or `failed` (given up). A claim that has run out is
 * due again, so the events of a process that was killed are delivered by another one.
 */
const SCHEMA = `
  SELECT pg_advisory_xact_lock(7313); -- two processes may start at the same time
  CREATE TABLE IF NOT EXISTS events (
    id text PRIMARY KEY,
    destination text NOT NULL,
    url text NOT NULL,
    body text NOT NULL,
    traceparent text,
    state text NOT NULL DEFAULT 'due',
    due_at timestamptz NOT NULL DEFAULT now(),
    claimed_by text,
    round integer NOT NULL DEFAULT 0,
    error text,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX IF NOT EXISTS events_open ON events (destination, due_at) WHERE state IN ('due', 'claimed')`;

const CLAIM = `
  WITH RECURSIVE busy AS (
    SELECT * FROM json_to_recordset($1) AS busy (destination text, free integer)
  ), waiting AS ( -- DISTINCT would read every event that waits, each time
    (SELECT destination FROM events WHERE state IN ('due', 'claimed') ORDER BY destination LIMIT 1)
    UNION ALL
    SELECT (
      SELECT destination FROM events
      WHERE state IN ('due', 'claimed') AND destination > waiting.destination ORDER BY destination LIMIT 1
    ) FROM waiting WHERE waiting.destination IS NOT NULL
  ), chosen AS (
    SELECT event.id
    FROM waiting LEFT JOIN busy USING (destination), LATERAL (
      SELECT id FROM events
      WHERE destination = waiting.destination AND state IN ('due', 'claimed') AND due_at <= now()
      ORDER BY due_at LIMIT coalesce(busy.free, $2) FOR UPDATE SKIP LOCKED
    ) AS event
    LIMIT $3
  )
  UPDATE events SET state = 'claimed', claimed_by = $4, due_at = now() + $5 * interval '1 ms'
  FROM chosen WHERE events.id = chosen.id
  RETURNING events.id, destination, url, body, traceparent, round`;

/** The table of events, as this process sees it. */
export class EventStore {
  readonly #database: Database;
  readonly #config: Config;
  /** The name of this process in the table. */
  readonly #claimant: string = randomUUID();

  constructor(database: Database, config: Config) {
    this.#database = database;
    this.#config = config;
  }

  /** Creates the table if it does not exist. */
  create(scope: CancelScope): Promise<void> {
    return this.#database.run(scope, SCHEMA);
  }

  /** Stores an event, with the trace to which its delivery belongs. An event that has the id of a stored one is the same event, sent again. */
  async add(scope: CancelScope, { id, url, body }: NewEvent, traceparent: string | null): Promise<void> {
    const values = [id, new URL(url).origin, url, body, traceparent];
    await this.#database.query(
      scope,
      "INSERT INTO events (id, destination, url, body, traceparent) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
      values,
    );
  }

  /** Claims due events: at most `most`, and of each destination as many as it has room for. `running` is how many of each are claimed already. */
  claim(scope: CancelScope, most: number, running: ReadonlyMap<string, number>): Promise<readonly ClaimedEvent[]> {
    const { perDestination, lease } = this.#config;
    const busy = Array.from(running, ([destination, n]) => ({ destination, free: Math.max(0, perDestination - n) }));
    return this.#database.query(scope, CLAIM, [JSON.stringify(busy), perDestination, most, this.#claimant, lease]);
  }

  async delivered(scope: CancelScope, { id }: ClaimedEvent): Promise<void> {
    await this.#database.query(
      scope,
      "UPDATE events SET state = 'delivered', claimed_by = NULL, error = NULL WHERE id = $1",
      [id],
    );
  }

  /** Records that a round has failed. The event is due again later, or is given up. */
  async failed(scope: CancelScope, { id, round }: ClaimedEvent, error: string, isFinal: boolean): Promise<void> {
    const delay = Math.min(this.#config.roundDelay * 2 ** round, 3_600_000);
    const state = isFinal || round + 1 >= this.#config.rounds ? "failed" : "due";
    await this.#database.query(
      scope,
      `UPDATE events SET state = $3, round = round + 1, error = $4, claimed_by = NULL, due_at = now() + $5 * interval '1 ms'
       WHERE id = $1 AND claimed_by = $2`,
      [id, this.#claimant, state, error.slice(0, 1_000), delay],
    );
  }

  /** Makes everything due that this process has claimed and not delivered. Returns how many there were. */
  async release(scope: CancelScope): Promise<number> {
    const rows = await this.#database.query(
      scope,
      "UPDATE events SET state = 'due', claimed_by = NULL, due_at = now() WHERE state = 'claimed' AND claimed_by = $1 RETURNING id",
      [this.#claimant],
    );
    return rows.length;
  }
}
