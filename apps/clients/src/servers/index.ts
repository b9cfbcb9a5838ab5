import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PostgresServer } from "@selvage/test-support/postgres-server";
import { MissingServer } from "@selvage/test-support/server-process";
import { SilentNameServer } from "./dns.js";
import { StallingServer } from "./http.js";
import { RedisServer } from "./redis.js";

/** The servers of the cases, all on the loopback. They stop with the run. */
export interface Servers extends AsyncDisposable {
  readonly http: StallingServer;
  readonly https: StallingServer;
  readonly names: SilentNameServer;
  /** Throws a `MissingServer` if PostgreSQL is not installed. */
  readonly postgres: PostgresServer;
  /** Throws a `MissingServer` if Redis is not installed. */
  readonly redis: RedisServer;
  /** A folder that contains the files `large` and `program.cjs`, a program that sends a message and does not end. */
  readonly folder: string;
  /** Why each server that is not installed is missing. */
  readonly missing: ReadonlyMap<string, MissingServer>;
}

/** Starts all servers. One that is not installed is missing; any other failure rejects. */
export async function startServers(): Promise<Servers> {
  const [http, https, names, postgres, redis] = await Promise.all([
    StallingServer.start(),
    StallingServer.start({ secure: true }),
    SilentNameServer.start(),
    installed(PostgresServer.start()),
    installed(RedisServer.start()),
  ]);
  const folder = mkdtempSync(join(tmpdir(), "selvage-clients-"));
  writeFileSync(join(folder, "large"), Buffer.alloc(8 * 1024 * 1024, "a line of text\n"));
  writeFileSync(join(folder, "program.cjs"), `process.on("message", () => {}); process.send("ready");`);
  const optional = Object.entries({ postgres, redis });
  return {
    http,
    https,
    names,
    folder,
    missing: new Map(optional.filter((entry): entry is [string, MissingServer] => entry[1] instanceof MissingServer)),
    get postgres() {
      return orThrow(postgres);
    },
    get redis() {
      return orThrow(redis);
    },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true });
      for (const server of [http, https, names, postgres, redis]) {
        if (!(server instanceof MissingServer)) await server[Symbol.asyncDispose]();
      }
    },
  };
}

async function installed<S>(starting: Promise<S>): Promise<S | MissingServer> {
  try {
    return await starting;
  } catch (error) {
    if (error instanceof MissingServer) return error;
    throw error;
  }
}

function orThrow<S>(server: S | MissingServer): S {
  if (server instanceof MissingServer) throw server;
  return server;
}
