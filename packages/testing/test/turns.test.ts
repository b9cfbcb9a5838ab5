import { describe, expect, it } from "vitest";
import { settled } from "../src/index.js";
import { nextTurn, queueMacrotask } from "../src/macrotask.js";
import { randomOf } from "../src/random.js";
import { Turns } from "../src/turns.js";

/** The order in which callers that request a turn at one time are called. */
async function orderUnder(seed: number | undefined, names: string): Promise<string> {
  const turns = new Turns(seed === undefined ? undefined : randomOf(seed), () => {});
  let order = "";
  for (const name of names) turns.request(() => (order += name));
  await settled();
  return order;
}

/** Two callers that take several turns each. */
async function racesUnder(seed: number | undefined): Promise<string> {
  const turns = new Turns(seed === undefined ? undefined : randomOf(seed), () => {});
  let order = "";
  async function runner(name: string): Promise<void> {
    for (let lap = 0; lap < 3; lap++) {
      await new Promise<void>((resolve) => turns.request(resolve));
      order += name;
    }
  }
  await Promise.all([runner("a"), runner("b")]);
  return order;
}

const seeds = Array.from({ length: 200 }, (_, seed) => seed);

describe("Turns", () => {
  for (const seed of [undefined, 1, 2, 3]) {
    describe(seed === undefined ? "without a seed" : `with the seed ${seed}`, () => {
      const random = seed === undefined ? undefined : randomOf(seed);

      it("each caller is called in a separate macrotask (C2)", async () => {
        const turns = new Turns(random, () => {});
        const log: string[] = [];
        for (const name of ["a", "b", "c"]) {
          turns.request(() => {
            log.push(name);
            void Promise.resolve()
              .then(() => Promise.resolve())
              .then(() => log.push("microtasks"));
          });
        }
        await settled();
        expect(log.filter((_, index) => index % 2 === 1)).toEqual(["microtasks", "microtasks", "microtasks"]);
        expect(log.filter((_, index) => index % 2 === 0).sort()).toEqual(["a", "b", "c"]);
      });

      it("a caller is called only after the event loop has turned since the request (C2)", async () => {
        const turns = new Turns(random, () => {});
        const early: number[] = [];
        const ask = (number: number): void => {
          let turned = false;
          queueMacrotask(() => (turned = true));
          turns.request(() => {
            if (!turned) early.push(number);
          });
        };
        for (let number = 0; number < 50; number++) {
          ask(number);
          if (number % 3 === 0) await nextTurn();
        }
        await settled();
        expect(early).toEqual([]);
      });

      it("settled waits for turns, also if many are requested one after another (C2)", async () => {
        const turns = new Turns(random, () => {});
        let taken = 0;
        const ask = (): void =>
          turns.request(() => {
            if (++taken < 500) ask();
          });
        ask();
        await settled();
        expect(taken).toBe(500);
      });

      it("each turn is reported before its callback is called", async () => {
        const log: string[] = [];
        const turns = new Turns(random, () => log.push("taken"));
        turns.request(() => log.push("called"));
        await settled();
        expect(log).toEqual(["taken", "called"]);
      });
    });
  }

  it("settled waits for turns, however often one is postponed (C2)", async () => {
    let draws = 0;
    const turns = new Turns(
      () => (draws++ < 50 ? 0 : 0.9),
      () => {},
    );
    let called = false;
    turns.request(() => (called = true));
    await settled();
    expect([called, draws]).toEqual([true, 52]); // postponed fifty times, then called, in a drawn order of one
  });

  it("callers are called in the order of their requests without a seed (C2)", async () => {
    expect(await orderUnder(undefined, "abcdef")).toBe("abcdef");
    expect(await racesUnder(undefined)).toBe("ababab");
  });

  it("callers are called in the same order under the same seed (C2)", async () => {
    for (const seed of seeds.slice(0, 20)) {
      expect(await orderUnder(seed, "abcdefgh")).toBe(await orderUnder(seed, "abcdefgh"));
      expect(await racesUnder(seed)).toBe(await racesUnder(seed));
    }
  });

  it("callers are called in every possible order under some seed (C2)", async () => {
    const orders = new Set<string>();
    for (const seed of seeds) orders.add(await orderUnder(seed, "abcd"));
    expect(orders.size).toBe(24);
  });

  it("a caller gets ahead of another by several turns under some seed (C2)", async () => {
    const races = new Set<string>();
    for (const seed of seeds) races.add(await racesUnder(seed));
    expect([...races]).toContain("aabbab");
    expect([...races]).toContain("bbaaba");
    expect(races.size).toBeGreaterThan(10);
  });
});
