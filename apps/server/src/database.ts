import { PGlite } from "@electric-sql/pglite";
import { acquire, type CancelScope } from "@selvage/scope";
import { timeout } from "@selvage/timeout";
import { Pool, type PoolClient } from "pg";
import type { Config } from "./config.js";

/** A PostgreSQL database. A query is cut off when its scope is cancelled. */
export interface Database {
  /** Runs one statement, and returns its rows. */
  query<Row>(scope: CancelScope, statement: string, values: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs statements without values, all or none. */
  run(scope: CancelScope, statements: string): Promise<void>;
  close(): Promise<void>;
}

/** How long a query may take, in milliseconds. A server that was stopped, or that the network has lost, does not answer, and does not fail either. */
const QUERY_TIMEOUT = 5_000;

/** Opens the database that the configuration names. It connects at the first query. */
export function openDatabase(config: Config, onError: (error: Error) => void): Database {
  if (config.databaseUrl === undefined) return new EmbeddedDatabase(config.dataFolder);
  return new DatabaseServer(config.databaseUrl, onError);
}

/** A PostgreSQL server, through a pool of connections. */
class DatabaseServer implements Database {
  readonly #pool: Pool;

  constructor(url: string, onError: (error: Error) => void) {
    this.#pool = new Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 3_000, keepAlive: true });
    // A connection that breaks emits an error. Without a listener that ends the process. The pool listens only while the connection is idle.
    this.#pool.on("connect", (client) => client.on("error", onError));
    this.#pool.on("error", () => {}); // what an idle connection has emitted
  }

  query<Row>(scope: CancelScope, statement: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return timeout(QUERY_TIMEOUT, ({ scope: own }) => this.#query<Row>(own, statement, values), { parent: scope });
  }

  async #query<Row>(scope: CancelScope, statement: string, values: readonly unknown[]): Promise<readonly Row[]> {
    let error: Error | undefined;
    const connection = await acquire(
      scope,
      () => this.#pool.connect(),
      (client: PoolClient) => client.release(error), // with an error, the connection is destroyed
    );
    try {
      // pg cannot cancel a query. The race leaves it, and destroying the connection ends it.
      const result = await scope.race(connection.value.query<Row & object>(statement, [...values]));
      return result.rows;
    } catch (thrown) {
      error = thrown as Error;
      throw thrown;
    } finally {
      await connection.release();
    }
  }

  async run(scope: CancelScope, statements: string): Promise<void> {
    await scope.race(this.#pool.query(statements)); // several statements in one message are one transaction
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** PostgreSQL inside this process. It runs one query after the other. */
class EmbeddedDatabase implements Database {
  readonly #database: PGlite;
  /** The latest query, which may run although its scope was cancelled. */
  #latest: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#database = new PGlite(folder);
  }

  async query<Row>(scope: CancelScope, statement: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const { rows } = await this.#race(scope, this.#database.query<Row>(statement, [...values]));
    return rows;
  }

  async run(scope: CancelScope, statements: string): Promise<void> {
    await this.#race(scope, this.#database.exec(`BEGIN; ${statements}; COMMIT`));
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#latest]); // a query that runs after the end would keep the process alive
    await this.#database.close();
  }

  #race<T>(scope: CancelScope, query: Promise<T>): Promise<T> {
    this.#latest = query;
    return scope.race(query);
  }
}
