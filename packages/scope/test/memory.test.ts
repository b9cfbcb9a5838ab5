import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProgramFolder } from "./child-process.js";

let programs: ProgramFolder;

beforeAll(async () => {
  programs = await ProgramFolder.create();
});

afterAll(() => {
  programs.dispose();
});

/**
 * The memory, in kB, that `rounds` of some work leave behind, once everything had the time to be let go of. The first round
 * warms up: what it leaves (code, caches) is there once.
 */
async function leftBehind(setUp: string, round: string, rounds: number): Promise<number> {
  const { code, output } = await programs.run(
    `
    import { CancelScope, now } from "./index.js";
    Error.stackTraceLimit = 0; // errors are made by the million
    async function used() {
      for (let i = 0; i < 4; i++) {
        await new Promise((resolve) => setImmediate(resolve)); // microtasks hold on to what they have just run
        gc();
      }
      return process.memoryUsage().heapUsed;
    }
    ${setUp}
    async function rounds(count) {
      for (let i = 0; i < count; i++) { ${round} }
    }
    await rounds(${rounds / 10});
    const before = await used();
    await rounds(${rounds});
    console.log(Math.round(((await used()) - before) / 1_000));
    `,
    { flags: ["--expose-gc", "--single-threaded"], timeLimit: 100_000 },
  );
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^-?\d+$/) as string });
  return Number(output);
}

// Were they kept, 300,000 scopes would be some 60,000 kB, and as many callbacks on a promise no less.
const HARDLY_ANYTHING = 6_000;

describe("what stays in memory", () => {
  it("of a million short scopes under one parent is nothing (S16)", async () => {
    const left = await leftBehind(
      "const parent = new CancelScope({ deadline: now() + 1e9 });",
      `const scope = new CancelScope({ parent, deadline: now() + 1e6 });
       scope.onCancel(() => {});
       scope.close();`,
      1_000_000,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of cancelled ones is nothing either (S16)", async () => {
    const left = await leftBehind(
      "const parent = new CancelScope();",
      `const scope = new CancelScope({ parent });
       scope.cancel();
       scope.close();`,
      300_000,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of runs in one scope is nothing (S14, S16)", async () => {
    const left = await leftBehind(
      "const parent = new CancelScope();",
      "await CancelScope.run((scope) => scope.race(Promise.resolve()), { parent });",
      300_000,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of short scopes under a long-lived signal is nothing, be it alone or not (S8, S16)", async () => {
    const left = await leftBehind(
      `const { signal } = new AbortController();
       const neighbour = new CancelScope({ parent: new AbortController().signal });
       new CancelScope({ parent: neighbour.signal });`,
      `new CancelScope({ parent: signal }).close();
       new CancelScope({ parent: neighbour.signal }).close();`,
      300_000,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of a million races of one long-lived promise is nothing, whichever way they ended (S12)", async () => {
    const left = await leftBehind(
      `const never = new Promise(() => {});
       const cancelled = new CancelScope();
       cancelled.cancel();`,
      `const scope = new CancelScope();
       void scope.race(never);
       if (i % 2 === 0) scope.cancel();
       scope.close();
       void cancelled.race(never);
       if (i % 1_000 === 0) await undefined;`,
      1_000_000,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of a million races in one long-lived scope is nothing (S12)", async () => {
    const left = await leftBehind(
      "const scope = new CancelScope();",
      "await scope.race(i % 2 === 0 ? Promise.resolve(i) : { then: (resolve) => resolve(i) });",
      1_000_000,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of listeners disposed of, sleeps over and deadlines moved in one long-lived scope is nothing (S6, S10, S12)", async () => {
    const left = await leftBehind(
      "const scope = new CancelScope();",
      `scope.onCancel(() => {})[Symbol.dispose]();
       scope.deadline = now() + 1e9 - i;
       if (i % 1_000 === 0) await scope.sleep(0);`,
      300_000,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });
});
