import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProgramFolder } from "./child-process.js";

let programs: ProgramFolder;

beforeAll(async () => {
  programs = await ProgramFolder.create();
});

afterAll(() => {
  programs.dispose();
});

/** How often each is done: `ROUNDS=10000000` for a long look (see CONTRIBUTING.md). */
const rounds = Number(process.env["ROUNDS"] ?? 100_000);

/**
 * The memory, in bytes, that each of many rounds of some work leaves behind, once everything had the time to be let go of. The
 * first rounds warm up: what they leave (code, caches) is there once.
 */
async function leftBehind(setUp: string, round: string): Promise<number> {
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
    async function work(rounds) {
      for (let i = 0; i < rounds; i++) { ${round} }
    }
    await work(30_000);
    const before = await used();
    await work(${rounds});
    console.log(((await used()) - before) / ${rounds});
    `,
    { flags: ["--expose-gc", "--single-threaded"], timeLimit: 100_000 + rounds / 10 },
  );
  process.stderr.write(output + " B\n"); expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/./) as string });
  return Number(output);
}

// An object is 16 bytes at least, and so are two links; a scope that was kept would be 200, a callback on a promise no less.
const HARDLY_ANYTHING = 10;

describe("what stays in memory", () => {
  it("of short scopes under one parent is nothing (S16)", async () => {
    const left = await leftBehind(
      "const parent = new CancelScope({ deadline: now() + 1e9 });",
      `const scope = new CancelScope({ parent, deadline: now() + 1e6 });
       scope.onCancel(() => {});
       scope.close();`,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of cancelled ones is nothing either (S16)", async () => {
    const left = await leftBehind(
      "const parent = new CancelScope();",
      `const scope = new CancelScope({ parent });
       scope.cancel();
       scope.close();`,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of runs in one scope is nothing (S14, S16)", async () => {
    const left = await leftBehind(
      "const parent = new CancelScope();",
      "await CancelScope.run((scope) => scope.race(Promise.resolve()), { parent });",
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
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of races of one long-lived promise is nothing, whichever way they ended (S12)", async () => {
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
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of races in one long-lived scope is nothing (S12)", async () => {
    const left = await leftBehind(
      "const scope = new CancelScope();",
      "await scope.race(i % 2 === 0 ? Promise.resolve(i) : { then: (resolve) => resolve(i) });",
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("of listeners disposed of, sleeps over and deadlines moved in one long-lived scope is nothing (S6, S10, S12)", async () => {
    const left = await leftBehind(
      "const scope = new CancelScope();",
      `scope.onCancel(() => {})[Symbol.dispose]();
       scope.deadline = now() + 1e9 - i;
       if (i % 1_000 === 0) await scope.sleep(0);`,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });
});
