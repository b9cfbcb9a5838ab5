import { CancelScope } from "@selvage/scope";
import { PostgresServer } from "@selvage/test-support/postgres-server";
import { MissingServer } from "@selvage/test-support/server-process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.js";
import { openDatabase } from "../../src/database.js";

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

describe("openDatabase", () => {
  it("rejects a query whose connection breaks, survives the connection's error, and connects again", async (context) => {
    context.skip(postgres instanceof MissingServer && !process.env["CI"]);
    const { url } = postgres as PostgresServer;
    const broken: string[] = [];
    const database = openDatabase(readConfig({ DATABASE_URL: url }), (error) => broken.push(String(error)));
    try {
      await CancelScope.run(async (scope) => {
        await database.query(scope, "SELECT 1", []);
        const running = database.query(scope, "SELECT pg_sleep(600)", []);
        const [restarted, query] = await Promise.allSettled([
          (postgres as PostgresServer).restart("immediate"),
          running,
        ]);
        expect([restarted.status, query.status]).toEqual(["fulfilled", "rejected"]);
        expect(await database.query(scope, "SELECT 1 AS one", [])).toEqual([{ one: 1 }]);
      });
      expect(broken).not.toEqual([]);
    } finally {
      await database.close();
    }
  });
});
