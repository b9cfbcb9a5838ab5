import { CancelScope } from "@selvage/scope";
import { TaskOwner } from "@selvage/scope/lowlevel";
import { describe, expect, it } from "vitest";
import { explore, SeedError, StalledError, VirtualClock } from "../src/index.js";

/**
 * Two withdrawals, the second of which reads the balance a checkpoint after the first: in the usual order it reads the
 * new balance.
 */
async function lostUpdate(scope: CancelScope): Promise<void> {
  let balance = 100;
  async function withdraw(amount: number, scope: CancelScope): Promise<void> {
    const seen = balance;
    await scope.checkpoint(); // the database
    balance = seen - amount;
  }
  const set = new TaskOwner("Nursery", { parent: scope }, { taskEnded() {} });
  set.createTask((scope) => withdraw(10, scope));
  set.createTask(async (scope) => {
    await scope.checkpoint();
    await withdraw(20, scope);
  });
  await set.finish();
  if (balance !== 70) throw new Error(`expected a balance of 70, got ${balance}`);
}

/** A body that is right in one order of two events that are due at the same time. */
async function wrongTie(scope: CancelScope): Promise<void> {
  let isOpen = false;
  const opening = scope.sleep(10).then(() => (isOpen = true));
  const using = scope.sleep(10).then(() => {
    if (!isOpen) throw new Error("used before it was open");
  });
  await Promise.all([opening, using]);
}

async function failureOf(exploring: Promise<void>): Promise<SeedError> {
  const error: unknown = await exploring.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(SeedError);
  return error as SeedError;
}

describe("explore", () => {
  it("explore runs the body under a hundred seeds, from 0, each on a new clock (C2)", async () => {
    const clocks: VirtualClock[] = [];
    await explore((scope, clock) => {
      expect(scope.clock).toBe(clock);
      clocks.push(clock);
    });
    expect(clocks.map((clock) => clock.seed)).toEqual(Array.from({ length: 100 }, (_, seed) => seed));
    expect(new Set(clocks).size).toBe(100);
  });

  it("explore runs the body under the given number of seeds, or under the given seeds (C2)", async () => {
    const seedsOf = async (seeds: number | Iterable<number>): Promise<unknown[]> => {
      const seen: unknown[] = [];
      await explore((_, clock) => void seen.push(clock.seed), { seeds });
      return seen;
    };
    expect(await seedsOf(3)).toEqual([0, 1, 2]);
    expect(await seedsOf([17])).toEqual([17]);
    expect(await seedsOf(new Set([5, 2 ** 32 - 1]))).toEqual([5, 2 ** 32 - 1]);
  });

  it("explore runs one body after the other", async () => {
    let running = 0;
    await explore(
      async (scope) => {
        expect(++running).toBe(1);
        await scope.sleep(5);
        running--;
      },
      { seeds: 5 },
    );
  });

  it("explore passes on the options of clocks and runs", async () => {
    await explore((scope, clock) => expect([clock.now(), scope.name]).toEqual([50, "checkout"]), {
      seeds: 2,
      start: 50,
      name: "checkout",
    });
    const endless = explore(
      async (scope) => {
        for (;;) await scope.checkpoint();
      },
      { seeds: 1, limit: 30 },
    );
    expect(String((await failureOf(endless)).cause)).toContain("Livelock: 30 timers");
  });

  it.each([
    ["a lost update", lostUpdate],
    ["a tie between two that are due at the same time", wrongTie],
  ])("explore finds %s, which the usual order hides (C2)", async (_, body) => {
    for (let attempt = 0; attempt < 10; attempt++) await new VirtualClock().run(body);
    await failureOf(explore(body));
  });

  it("explore passes if no order is wrong (C2)", async () => {
    await explore(async (scope) => {
      let balance = 100;
      async function withdraw(amount: number): Promise<void> {
        await scope.checkpoint();
        balance -= amount; // reads and writes without a break
      }
      await Promise.all([withdraw(10), withdraw(20)]);
      expect(balance).toBe(70);
    });
  });

  it("explore stops at the first failure, and rejects with its seed and the failure as it was thrown (C2)", async () => {
    const failure = new Error("fails from 3 on");
    const seen: unknown[] = [];
    const error = await failureOf(
      explore((_, clock) => {
        seen.push(clock.seed);
        if (clock.seed! >= 3) throw failure;
      }),
    );
    expect(error.seed).toBe(3);
    expect(error.cause).toBe(failure);
    expect(seen).toEqual([0, 1, 2, 3, 3]); // once more, to check that it can be replayed
    expect(error.message).toBe(
      "Fails under seed 3, after 3 that passed: fails from 3 on\n" +
        "Replay it: explore(body, { seeds: [3] }), or new VirtualClock({ seed: 3 }).run(body).",
    );
  });

  it("explore names a seed that really replays the failure, both ways (C2)", async () => {
    for (const body of [lostUpdate, wrongTie]) {
      const { seed, cause } = await failureOf(explore(body));
      for (let attempt = 0; attempt < 5; attempt++) {
        expect((await failureOf(explore(body, { seeds: [seed] }))).cause).toEqual(cause);
        await expect(new VirtualClock({ seed }).run(body)).rejects.toEqual(cause);
      }
    }
  });

  it("explore finds the same failure at the same seed every time (C2)", async () => {
    const seeds = new Set<number>();
    for (let attempt = 0; attempt < 5; attempt++) seeds.add((await failureOf(explore(lostUpdate))).seed);
    expect(seeds.size).toBe(1);
  });

  it("explore says so if the failure cannot be replayed (C2)", async () => {
    let runs = 0;
    const error = await failureOf(
      explore(() => {
        if (++runs === 5) throw new Error("only once");
      }),
    );
    expect(error.message).toBe(
      "Fails under seed 4, after 4 that passed: only once\n" +
        "When it ran again under this seed, the body passed: it depends on something else too, such as real I/O, Math.random(), " +
        "Date.now(), or what the run before left behind.",
    );
  });

  it("explore finds a deadlock that occurs only in some orders (C2)", async () => {
    const error = await failureOf(
      explore(async (scope) => {
        let hear: (() => void) | undefined;
        const listening = scope.sleep(10).then(() => scope.race(new Promise<void>((resolve) => (hear = resolve))));
        const calling = scope.sleep(10).then(() => hear?.()); // lost, if it comes first
        await Promise.all([listening, calling]);
      }),
    );
    expect(error.cause).toBeInstanceOf(StalledError);
    expect(error.message).toContain("Deadlock");
  });

  it("explore accepts any value that a body throws", async () => {
    const error = await failureOf(explore(() => Promise.reject("text")));
    expect(error.cause).toBe("text");
    expect(error.message).toMatch(/^Fails under seed 0: text\n/);
  });

  it("a rejection of explore has a stack that leads to its awaiter", async () => {
    async function race(): Promise<void> {
      await explore(lostUpdate);
    }
    expect((await failureOf(race())).stack).toMatch(/at (async )?race .*explore\.test\.ts/);
  });

  it.each([
    [undefined, {}, TypeError, "The body must be a function, got undefined."],
    [() => {}, { seeds: 0 }, RangeError, "seeds must be a whole number above 0, or the seeds themselves, got 0."],
    [() => {}, { seeds: NaN }, RangeError, "seeds must be a whole number above 0, or the seeds themselves, got NaN."],
    [() => {}, { seeds: [] }, RangeError, "seeds must name at least one seed, got none."],
    [() => {}, { seeds: [1, -1] }, RangeError, "A seed must be a whole number from 0 to 4294967295, got -1."],
    [() => {}, { limit: 0 }, RangeError, "limit must be a whole number above 0, got 0."],
    [() => {}, { start: NaN }, TypeError, "start must be a finite number of milliseconds, got NaN."],
  ])("explore refuses the body %o with the options %o synchronously", (body, options, type, message) => {
    const exploring = (): unknown => explore(body as () => void, options);
    expect(exploring).toThrow(type);
    expect(exploring).toThrow(message);
  });
});

describe("SeedError", () => {
  it("a SeedError is an error with a name and a seed", async () => {
    const error = await failureOf(explore(() => Promise.reject(new Error("always"))));
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.seed]).toEqual(["SeedError", 0]);
    expect(String(error)).toMatch(/^SeedError: Fails under seed 0: always\n/);
  });
});

describe("the errors of the package", () => {
  it.each([SeedError, StalledError])(
    "instances of %o carry a registered mark, by which copies recognise them (D2)",
    (type) => {
      expect(Reflect.get(type.prototype, Symbol.for(`@selvage/testing/${type.name}`))).toBe(true);
    },
  );
});
