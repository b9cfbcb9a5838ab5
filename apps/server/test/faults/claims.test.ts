import { CancelScope } from "@selvage/scope";
import { PostgresServer } from "@selvage/test-support/postgres-server";
import { MissingServer } from "@selvage/test-support/server-process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.js";
import { openDatabase } from "../../src/database.js";
import { EventStore } from "../../src/event-store.js";

let postgres: PostgresServer | MissingServer;

beforeAll(async () => {
  postgres = await PostgresServer.start().catch((error: unknown) => {
    if (error instanceof MissingServer) return error;
    throw error;
  });
  if (postgres instanceof MissingServer) console.warn(`These tests are skipped: ${postgres.message}.`);
});
afterAll(async () => {
  if (!(postgres instanceof MissingServer)) await postgres[Symbol.asyncDispose]();
});

describe("EventStore", () => {
  it("claims of each destination as many events as it has room for, also of one that comes later in the order", async (context) => {
    context.skip(postgres instanceof MissingServer && !process.env["CI"]);
    const config = readConfig({ DATABASE_URL: (postgres as PostgresServer).url, PER_DESTINATION: "2" });
    const database = openDatabase(config, () => {});
    const store = new EventStore(database, config);
    try {
      await CancelScope.run(async (scope) => {
        await store.create(scope);
        expect(await store.claim(scope, 10, new Map())).toEqual([]);
        for (const host of ["a", "b", "c"]) {
          for (const n of [1, 2, 3]) {
            await store.add(scope, { id: `${host}${n}`, url: `http://${host}/`, body: "{}" }, null);
          }
        }
        const claim = async (most: number, running: readonly (readonly [string, number])[]): Promise<string[]> =>
          (await store.claim(scope, most, new Map(running))).map(({ id }) => id).sort();
        const busy = [
          ["http://a", 2],
          ["http://b", 1],
        ] as const;
        expect(await claim(10, busy)).toEqual(["b1", "c1", "c2"]);
        expect(await claim(3, [])).toHaveLength(3);
        expect(await claim(10, [])).toHaveLength(3);
        expect(await claim(10, [])).toEqual([]);
      });
    } finally {
      await database.close();
    }
  });
});
