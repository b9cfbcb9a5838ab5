import { isCancellation } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Phase, type Plan, planRound, points } from "../src/plan.js";
import { playRound } from "../src/round.js";

const rate = { concurrency: 10, rate: Infinity };
/** More requests than are ever sent, because a round ends at its point. */
const ENDLESS = 1_000_000;

const everyPoint = (Object.keys(points) as Phase[]).flatMap((phase) =>
  points[phase].map((point) => ({ phase, point })),
);

describe("playRound", () => {
  let clients: Supervisor;

  beforeEach(() => {
    clients = new Supervisor({ name: "clients", isFatal: () => true });
  });

  afterEach(async () => {
    await clients.shutdown();
    await clients.join();
  });

  /** A round that ends when a point is passed for the first time. Everything else follows from the seed. */
  function planAt(seed: number, { phase, point }: Pick<Plan, "phase" | "point">): Plan {
    const earlier = { at: 20, by: seed % 2 === 0 ? "server" : "task", grace: Infinity } as const;
    const requests = { nth: 1, requests: ENDLESS, earlier: phase === "draining" ? earlier : undefined };
    return { ...planRound(seed, 100), phase, point, ...requests };
  }

  it.each(everyPoint)("loses nothing if the parent is cancelled when $point (V4, V5, V11)", async (at) => {
    for (let seed = 0; seed < 6; seed++) {
      const plan = planAt(seed, at);
      expect({ plan, ...(await playRound(plan, rate, clients)) }).toMatchObject({ plan, lost: [], reached: true });
    }
  });

  it.each(["new", "run, serving", "run, returning"] as const)(
    "ends a service that is made with %s, whose parent is cancelled in any way (V7, V11)",
    async (form) => {
      for (const by of ["cancel", "deadline", "signal"] as const) {
        const plan = { ...planAt(1, { phase: "serving", point: "a request uses the pool" }), form, by, nth: 30 };
        expect(await playRound(plan, rate, clients)).toMatchObject({ lost: [], reached: true });
      }
    },
  );

  it("abandons stubborn requests by name, or lets them end (V4)", async () => {
    const at = planAt(1, { phase: "serving", point: "a request has ended" });
    const plan: Plan = { ...at, nth: 60, drain: { grace: Infinity } };
    const abandoning = await playRound({ ...plan, stubborn: "abandon" }, rate, clients);
    const waiting = await playRound({ ...plan, stubborn: "let end" }, rate, clients);
    expect([abandoning.lost, waiting.lost]).toEqual([[], []]);
    expect(abandoning.tally.abandoned).toBeGreaterThan(0);
    expect(waiting.tally.abandoned).toBe(0);
  });

  it("ends the round when all requests have been sent without reaching its point", async () => {
    const at = planAt(1, { phase: "serving", point: "a request arrives" });
    const round = await playRound({ ...at, nth: ENDLESS, requests: 30, further: 0 }, rate, clients);
    expect(round).toMatchObject({ lost: [], reached: false, tally: { requests: 30 } });
  });

  it("ends everything when it is cancelled meanwhile", async () => {
    const plan = planAt(1, { phase: "serving", point: "a request arrives" });
    const playing = playRound({ ...plan, nth: ENDLESS }, rate, clients);
    const rejected = expect(playing).rejects.toSatisfy((error) => isCancellation(error, clients.scope));
    while (clients.stats().completed < 50) await new Promise((resolve) => setImmediate(resolve));
    clients.scope.cancel("enough");
    await rejected;
  });
});
