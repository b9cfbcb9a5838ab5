import type { CancelScope } from "@selvage/scope";
import { moveOnAfter } from "@selvage/timeout";
import { Pool } from "pg";

/** How often the table is looked at, in milliseconds. */
const INTERVAL = 50;

/** The service's table, seen from outside. */
export class EventTable implements AsyncDisposable {
  readonly #pool: Pool;

  constructor(url: string) {
    this.#pool = new Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 3_000, idleTimeoutMillis: 0 });
    this.#pool.on("error", () => {}); // the database was restarted; the next query connects again
  }

  /** Removes the table. The next process of the service creates it. */
  async drop(): Promise<void> {
    await this.#pool.query("DROP TABLE IF EXISTS events");
  }

  /** Removes all events. */
  async clear(): Promise<void> {
    await this.#pool.query("TRUNCATE events");
  }

  /** The ids of the events that are due or claimed. */
  async open(): Promise<string[]> {
    const { rows } = await this.#pool.query<{ id: string }>("SELECT id FROM events WHERE state IN ('due', 'claimed')");
    return rows.map(({ id }) => id);
  }

  /** Waits until no event is due or claimed, at most `limit` milliseconds. Returns the ids that still are. */
  async quiet(parent: CancelScope, limit: number): Promise<readonly string[]> {
    const settled = await moveOnAfter(
      limit,
      async ({ scope }) => {
        while ((await scope.race(this.open())).length > 0) await scope.sleep(INTERVAL);
        return true;
      },
      { parent },
    );
    return settled === true ? [] : await this.open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}
