import { CancelScope } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { PostgresServer } from "@selvage/test-support/postgres-server";
import { MissingServer } from "@selvage/test-support/server-process";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { createApp } from "../../src/app.js";
import { readConfig } from "../../src/config.js";
import { openDatabase } from "../../src/database.js";
import { type ClaimedEvent, EventStore } from "../../src/event-store.js";
import { Meters } from "../../src/meters.js";
import { startTelemetry } from "../../src/telemetry.js";

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

/** Sends a body to the service's interface. Returns the status of the answer, and what is then due. */
async function post(context: TestContext, payload: string): Promise<{ status: number; due: readonly ClaimedEvent[] }> {
  context.skip(postgres instanceof MissingServer && !process.env["CI"]);
  const config = readConfig({ DATABASE_URL: (postgres as PostgresServer).url });
  const database = openDatabase(config, () => {});
  const store = new EventStore(database, config);
  const telemetry = startTelemetry(config);
  const log = pino({ level: "silent" });
  try {
    const outcome = await CancelScope.run((parent) =>
      Supervisor.run(
        async (supervisor) => {
          await store.create(supervisor.scope);
          const meters = new Meters(telemetry.meter);
          const parts = { supervisor, store, meters, telemetry, config, log, stored: () => {}, isReady: () => true };
          const app = createApp(parts);
          const headers = { "content-type": "application/json" };
          const { statusCode } = await app.inject({ method: "POST", url: "/events", headers, payload });
          await app.close();
          return { status: statusCode, due: await store.claim(supervisor.scope, 10, new Map()) };
        },
        { parent },
      ),
    );
    return outcome!;
  } finally {
    await telemetry[Symbol.asyncDispose]();
    await database.close();
  }
}

describe("POST /events", () => {
  it("refuses data that is nested more deeply than it can be written again", async (context) => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect(await post(context, `{"url":"http://a/","data":${deep}}`)).toEqual({ status: 400, due: [] });
  });

  it("accepts a URL and data with characters that PostgreSQL cannot store, and keeps their meaning", async (context) => {
    const { status, due } = await post(context, `{"url":"http://a/\\u0000b","data":"\\u0000\\ud800"}`);
    expect({ status, due }).toMatchObject({ status: 202, due: [{ url: "http://a/%00b", body: `"\\u0000\\ud800"` }] });
  });
});
