import { CancelScope } from "@selvage/scope";
import { MissingServer } from "@selvage/test-support/server-process";
import { afterEach, beforeEach, describe, expect, it, type TestContext } from "vitest";
import type { Sample } from "../../src/soak/growth.js";
import { soak, type Totals } from "../../src/soak/soak.js";
import { createWorld, type World } from "../../src/soak/world.js";

/** Its first rounds: the database crashes, SIGTERM, SIGTERM, SIGKILL. */
const SEED = 1;
const options = { seed: SEED, rate: 50 };

let world: World | MissingServer;

beforeEach(async () => {
  world = await createWorld().catch((error: unknown) => {
    if (error instanceof MissingServer) return error;
    throw error;
  });
});
afterEach(async () => {
  if (!(world instanceof MissingServer)) await world[Symbol.asyncDispose]();
});

function worldOf(context: TestContext): World {
  if (world instanceof MissingServer) console.warn(`The soak is skipped: ${world.message}.`);
  context.skip(world instanceof MissingServer && !process.env["CI"]);
  return world as World;
}

describe("soak", () => {
  it("sums its rounds, and measures the heap of the process that is never restarted", async (context) => {
    const shared = worldOf(context);
    const seen: [Totals, Sample][] = [];
    await CancelScope.run((scope) => soak(options, shared, (totals, sample) => seen.push([totals, sample]) < 2, scope));
    expect(seen.map(([{ accepted }]) => accepted)).toEqual([200, 400]);
    expect(seen[1]![0].rounds).toMatchObject({ "the database crashes": 1, SIGTERM: 1 });
    for (const [, { heap }] of seen) expect(heap).toBeGreaterThan(1e6);
    expect([shared.steady.starts, shared.unsteady.starts]).toEqual([1, 2]);
  });

  it("ends with an error that says how to repeat the round if anything is lost", async (context) => {
    const shared = worldOf(context);
    const forget = (): boolean => {
      shared.steady.process.tell({ fault: { misdeed: "forgets", where: "accept", every: 5, times: 1 } });
      return true;
    };
    const running = CancelScope.run((scope) => soak(options, shared, forget, scope));
    await expect(running).rejects.toThrow(/^in the round of --seed 2 .*: 1 lost, for example 2-/);
  });

  it("ends everything when it is cancelled meanwhile", async (context) => {
    const shared = worldOf(context);
    const scope = new CancelScope();
    const running = soak(options, shared, () => true, scope);
    scope.cancel("enough");
    await expect(running).rejects.toSatisfy((error) => error === scope.reason);
    scope.close(); // throws if anything is left below it
  });
});
