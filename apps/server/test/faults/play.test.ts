import { CancelScope } from "@selvage/scope";
import { PostgresServer } from "@selvage/test-support/postgres-server";
import { MissingServer } from "@selvage/test-support/server-process";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { EventTable } from "../../src/faults/event-table.js";
import { play, type Result } from "../../src/faults/play.js";
import { Random } from "../../src/faults/random.js";
import { acceptedPart, type Scenario } from "../../src/faults/scenario.js";
import { scenarios } from "../../src/faults/scenarios/index.js";

let postgres: PostgresServer | MissingServer;
let table: EventTable;

beforeAll(async () => {
  postgres = await PostgresServer.start().catch((error: unknown) => {
    if (error instanceof MissingServer) return error;
    throw error;
  });
  if (postgres instanceof MissingServer) console.warn(`The fault runs are skipped: ${postgres.message}.`);
  else table = new EventTable(postgres.url);
});
afterAll(async () => {
  if (postgres instanceof MissingServer) return;
  await table[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

it("has PostgreSQL, if `CI` is set", () => {
  if (process.env["CI"]) expect(postgres).not.toBeInstanceOf(MissingServer);
});

async function result(context: TestContext, scenario: Scenario): Promise<Result> {
  context.skip(postgres instanceof MissingServer && !process.env["CI"]);
  const ground = { postgres: postgres as PostgresServer, table, random: new Random(1), scale: 0 };
  return (await CancelScope.run((scope) => play(scope, scenario, ground)))!;
}

const named = (name: string): Scenario => scenarios.find((scenario) => scenario.name === name)!;

describe("play", () => {
  it("finds nothing lost or stuck when processes are killed under load", async (context) => {
    const { accepted, unaccepted, lost, stuck, starts, problems } = await result(
      context,
      named("SIGKILL under load, then a restart"),
    );
    expect(problems).toEqual([]);
    expect({ accepted, unaccepted, lost, stuck, starts }).toEqual({
      accepted: 200,
      unaccepted: 0,
      lost: [],
      stuck: [],
      starts: 4,
    });
  });

  it("finds nothing lost or stuck when the database is restarted, and the process stays (V2)", async (context) => {
    const { lost, stuck, starts, problems } = await result(context, named("the database is restarted"));
    expect({ lost, stuck, starts, problems }).toEqual({ lost: [], stuck: [], starts: 1, problems: [] });
  });

  it("finds what is lost by a service that forgets events", async (context) => {
    const { lost, problems } = await result(context, {
      name: "forgetful",
      events: 200,
      play: async (stage) => {
        stage.service.process.tell({ fault: { misdeed: "forgets", where: "accept", every: 10, times: 3 } });
        await acceptedPart(stage, 1);
      },
    });
    expect(lost).toHaveLength(3);
    expect(problems).toEqual([`3 lost, for example ${lost.join(", ")}`]);
  });

  it("finds a process that ends by itself, and replaces it", async (context) => {
    const { starts, lost, stuck, problems } = await result(context, {
      ...named("a handler leaves a rejection"),
      mayCrash: false,
    });
    expect({ starts, lost, stuck }).toEqual({ starts: 3, lost: [], stuck: [] });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/^a process ended by itself with 1\n/);
  });

  it("reports what a scenario throws, and leaves no process", async (context) => {
    const { problems } = await result(context, {
      name: "broken",
      events: 200,
      play: () => Promise.reject(new Error("the scenario is broken")),
    });
    expect(problems.join("\n")).toContain("the scenario is broken");
  });
});
