import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProgramFolder } from "./child-process.js";

let programs: ProgramFolder;

beforeAll(async () => {
  programs = await ProgramFolder.create();
});

afterAll(() => {
  programs.dispose();
});

/** How often each round is run. For a longer test: `ROUNDS=10000000 pnpm exec vitest run memory`. */
const rounds = Number(process.env["ROUNDS"] ?? 50_000);

/**
 * The memory, in bytes, that each of many rounds of some work leaves behind after garbage collection. The first rounds
 * warm up: what they leave (code, caches, one timer of the clock) exists once.
 */
async function leftBehind(setUp: string, round: string): Promise<number> {
  const { code, output } = await programs.run(
    `
    import { CancelScope, now } from "./index.js";
    Error.stackTraceLimit = 0; // many thousand errors are created
    async function used() {
      for (let i = 0; i < 4; i++) {
        await new Promise((resolve) => setImmediate(resolve)); // microtasks retain what they have just run
        gc();
      }
      return { heap: process.memoryUsage().heapUsed, timers: timers() };
    }
    function timers() {
      return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    }
    ${setUp}
    async function work(rounds) {
      for (let i = 0; i < rounds; i++) { ${round} }
    }
    await work(20_000);
    const before = await used();
    await work(${rounds});
    const after = await used();
    if (after.timers > before.timers) throw new Error(\`\${after.timers} timers are left, before \${before.timers}\`);
    console.log((after.heap - before.heap) / ${rounds});
    `,
    { flags: ["--expose-gc", "--single-threaded"], timeLimit: 60_000 + rounds / 10 },
  );
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^-?[\d.e-]+$/) as string });
  return Number(output);
}

/** Less than one link for each round. An object that is kept needs at least that much. */
const HARDLY_ANYTHING = 4;

describe("memory after many rounds", () => {
  it("short scopes under one parent leave no memory behind (S16)", async () => {
    const left = await leftBehind(
      "const parent = new CancelScope({ deadline: now() + 1e9 });",
      `const scope = new CancelScope({ parent, deadline: now() + 1e6 });
       scope.onCancel(() => {});
       scope.close();`,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("cancelled scopes leave no memory behind (S16)", async () => {
    const left = await leftBehind(
      "const parent = new CancelScope();",
      `const scope = new CancelScope({ parent });
       scope.cancel();
       scope.close();`,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("runs in one scope leave no memory behind (S14, S16)", async () => {
    const left = await leftBehind(
      "const parent = new CancelScope();",
      "await CancelScope.run((scope) => scope.race(Promise.resolve()), { parent });",
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("short scopes under a long-lived signal leave no memory behind, whether or not it has other scopes (S8, S16)", async () => {
    const left = await leftBehind(
      `const { signal } = new AbortController();
       const neighbour = new CancelScope({ parent: new AbortController().signal });
       new CancelScope({ parent: neighbour.signal });`,
      `new CancelScope({ parent: signal }).close();
       new CancelScope({ parent: neighbour.signal }).close();`,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("races of one long-lived promise leave no memory behind, however they ended (S12)", async () => {
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

  it("races in one long-lived scope leave no memory behind (S12)", async () => {
    const left = await leftBehind(
      "const scope = new CancelScope();",
      "await scope.race(i % 2 === 0 ? Promise.resolve(i) : { then: (resolve) => resolve(i) });",
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });

  it("disposed listeners, ended sleeps and moved deadlines of one long-lived scope leave no memory behind (S6, S10, S12)", async () => {
    const left = await leftBehind(
      "const scope = new CancelScope();",
      `scope.onCancel(() => {})[Symbol.dispose]();
       scope.deadline = now() + 1e9 - i;
       if (i % 1_000 === 0) await scope.sleep(0);`,
    );
    expect(left).toBeLessThan(HARDLY_ANYTHING);
  });
});

describe("ended scopes, listeners and waits", () => {
  it("ended scopes, listeners and waits can be collected while their parent, signal or promise lives (S6, S8, S12, S16)", async () => {
    const { code, output } = await programs.run(
      `
      import { CancelScope, now } from "./index.js";
      const watched = new Map();
      const watch = (name, object) => (watched.set(name, new WeakRef(object)), object);

      const parent = new CancelScope({ deadline: now() + 60_000 });
      const { signal } = new AbortController();
      const never = new Promise(() => {});

      async function useScopes() {
        const closed = watch("a closed scope", new CancelScope({ parent, deadline: now() + 1_000 }));
        watch("the signal of one", closed.signal).addEventListener("abort", watch("a listener of its signal", () => {}));
        watch("its handle", closed.onCancel(watch("its listener", () => {})));
        watch("a race in it", closed.race(never)).catch(() => {});
        watch("a sleep in it", closed.sleep(50_000)).catch(() => {});
        closed.close();

        const cancelled = watch("a cancelled scope", new CancelScope({ parent }));
        cancelled.onCancel(watch("a listener that was called", () => {}));
        watch("a sleep that was cancelled", cancelled.sleep(50_000)).catch(() => {});
        cancelled.cancel(watch("the cause", {}));
        watch("the reason", cancelled.reason);
        cancelled.close();

        new CancelScope({ parent: watch("a scope below a signal", new CancelScope({ parent: signal })) }).close();
        watched.get("a scope below a signal").deref().close();
        parent.onCancel(watch("a listener that was disposed of", () => {}))[Symbol.dispose]();
        watch("the value of a race", await parent.race(Promise.resolve(watch("the promise's value", {}))));

        await CancelScope.run(
          watch("the body of a run", async (scope) => void watch("the scope of a run", scope).cancel()), { parent },
        );
        const failing = watch("a body that fails", async () => { throw watch("its error", new Error("no")); });
        await CancelScope.run(failing, { parent }).catch(() => {});
      }
      await useScopes();
      await parent.race(Promise.resolve());
      await CancelScope.run(async () => {}); // caches of the latest objects now hold these
      for (let round = 0; round < 5; round++) {
        await new Promise((resolve) => setImmediate(resolve));
        gc();
      }
      console.log(watched.size, [...watched].filter(([, ref]) => ref.deref() !== undefined).map(([name]) => name));
      // Used here, so that these objects are not collected earlier.
      parent.close();
      signal.onabort = () => never;
      `,
      { flags: ["--expose-gc", "--single-threaded"] },
    );
    expect({ code, output }).toEqual({ code: 0, output: "20 []" });
  });
});
