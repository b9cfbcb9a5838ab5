import { Redis } from "ioredis";
import { once } from "node:events";
import pg from "pg";
import type { Attempt, Case } from "../case.js";

/** It sends a notice when it runs, and then it does not end. */
const STATEMENT = "do $$ begin raise notice 'underway'; perform pg_sleep(1000); end $$";

async function connected({ servers, defer }: Attempt): Promise<pg.Client> {
  const client = new pg.Client({ host: "127.0.0.1", port: servers.postgres.port, user: "postgres" });
  client.on("error", () => {}); // the connection is torn down on purpose
  await client.connect();
  defer(() => client.end());
  return client;
}

async function redis(attempt: Attempt): Promise<Redis> {
  const client = new Redis(attempt.servers.redis.port, "127.0.0.1", { lazyConnect: true, retryStrategy: null });
  await client.connect();
  attempt.defer(() => disconnected(client));
  return client;
}

async function disconnected(client: Redis): Promise<void> {
  if (client.status === "end") return;
  client.disconnect();
  await once(client, "end");
}

/** Calls back when the server has received the command. */
async function onCommand(client: Redis, name: string, { underway, defer }: Attempt): Promise<void> {
  const monitor = await client.monitor();
  defer(() => disconnected(monitor));
  monitor.on("monitor", (_time: string, [command]: string[]) => {
    if (command?.toLowerCase() === name) underway();
  });
}

/** PostgreSQL and Redis. */
export const databases: readonly Case[] = [
  {
    package: "pg",
    needs: "postgres",
    cancelledBy: "onCancel",
    name: "`client.query`, the statement is cancelled",
    write: `scope.onCancel(() => other.query("select pg_cancel_backend($1)", [pid]).catch(report)); await client.query(statement)`,
    async start(attempt) {
      const [client, other] = [await connected(attempt), await connected(attempt)];
      const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
      client.on("notice", attempt.underway);
      let cancelling: Promise<unknown> | undefined;
      attempt.scope.onCancel(() => {
        cancelling = other.query("select pg_cancel_backend($1)", [rows[0]!.pid]);
      });
      attempt.defer(() => cancelling); // before the connections are closed
      return client.query(STATEMENT);
    },
  },
  {
    package: "pg",
    needs: "postgres",
    cancelledBy: "onCancel",
    remedy: "settle",
    name: "`client.query`, the connection is closed",
    write: "scope.onCancel(() => void client.end()); await scope.settle(client.query(statement))",
    async start(attempt) {
      const client = await connected(attempt);
      client.on("notice", attempt.underway);
      attempt.scope.onCancel(() => void client.end());
      return client.query(STATEMENT);
    },
  },
  {
    package: "ioredis",
    needs: "redis",
    cancelledBy: "onCancel",
    remedy: "settle",
    name: "a command that blocks, the connection is closed",
    write: "scope.onCancel(() => redis.disconnect()); await scope.settle(redis.blpop(key, 0))",
    async start(attempt) {
      const client = await redis(attempt);
      await onCommand(client, "blpop", attempt);
      attempt.scope.onCancel(() => client.disconnect());
      return client.blpop("list", 0);
    },
  },
];
