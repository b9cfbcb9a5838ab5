import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProgramFolder } from "../child-process.js";

let programs: ProgramFolder;

beforeAll(async () => {
  programs = await ProgramFolder.create();
});

afterAll(() => {
  programs.dispose();
});

/** A process that ends has nothing to wait for; one that is kept alive by a time far off is killed, and has no exit code. */
const forLong = { timeLimit: 2_000 };

describe("a process", () => {
  it("is not kept alive by a bare deadline, armed, moved, or in a run that waits for nothing else (S10)", async () => {
    const outcome = await programs.run(`
      import { CancelScope, now } from "./index.js";
      const scope = new CancelScope({ deadline: now() + 60_000 });
      scope.deadline += 1_000;
      void CancelScope.run((scope) => scope.race(new Promise(() => {})), { deadline: now() + 60_000 });
      process.on("exit", () => console.log("cancelled:", scope.cancelled));
    `);
    expect(outcome).toEqual({ code: 0, output: "cancelled: false" });
  });

  it("is kept alive by a sleep, also under a deadline before and one after it, and no longer (S10, S12)", async () => {
    const outcome = await programs.run(`
      import { CancelScope, now } from "./index.js";
      const scopes = [10, 60_000].map((ms) => new CancelScope({ deadline: now() + ms }));
      void new CancelScope().sleep(50).then(() => console.log("slept", ...scopes.map((scope) => scope.cancelled)));
    `);
    expect(outcome).toEqual({ code: 0, output: "slept true false" });
  });

  it("is kept alive by a sleep for as long as it takes (S12)", async () => {
    const outcome = await programs.run(
      `import { CancelScope } from "./index.js";
       void new CancelScope().sleep(60_000);`,
      forLong,
    );
    expect(outcome.code).toBeNull();
  });

  it("is kept alive by a sleep that waits for the cancellation alone (S12)", async () => {
    const outcome = await programs.run(
      `import { CancelScope } from "./index.js";
       void new CancelScope().sleep(Infinity);`,
      forLong,
    );
    expect(outcome.code).toBeNull();
  });

  it("is let go by a sleep that is cancelled or closed, one without end included (S12)", async () => {
    const outcome = await programs.run(`
      import { CancelScope, now } from "./index.js";
      const scopes = [1, 2].map(() => new CancelScope());
      for (const scope of scopes) for (const ms of [60_000, Infinity]) void scope.sleep(ms);
      new CancelScope({ deadline: now() + 60_000 }); // its timer does not count
      scopes[0].cancel();
      scopes[1].close();
    `);
    expect(outcome).toEqual({ code: 0, output: "" });
  });

  it("is kept alive by a deadline that was asked to, until its scope is closed (O6)", async () => {
    const program = (close: string): string => `
      import { CancelScope, now } from "./index.js";
      import { keepAlive } from "./internal.js";
      const scope = new CancelScope({ deadline: now() + 50 });
      keepAlive(scope);
      scope.onCancel(() => console.log("cancelled"));
      ${close}
    `;
    expect(await programs.run(program(""))).toEqual({ code: 0, output: "cancelled" });
    expect(await programs.run(program("scope.close();"))).toEqual({ code: 0, output: "" });
  });

  it("is not kept alive by a signal, a listener or an abort listener on a parent (S5, S8)", async () => {
    const outcome = await programs.run(`
      import { CancelScope } from "./index.js";
      const controller = new AbortController();
      const scope = new CancelScope({ parent: controller.signal });
      scope.onCancel(() => {});
      scope.signal.addEventListener("abort", () => {});
    `);
    expect(outcome).toEqual({ code: 0, output: "" });
  });

  it("goes down with what a listener throws, after the cancellation is through (S4)", async () => {
    const { code, output } = await programs.run(`
      import { CancelScope } from "./index.js";
      const scope = new CancelScope();
      scope.onCancel(() => { throw new Error("the listener's own"); });
      scope.onCancel(() => console.log("the other listener"));
      scope.cancel();
      console.log("after cancel");
      setTimeout(() => console.log("never"), 10);
    `);
    expect(code).toBe(1);
    expect(output).toMatch(/^the other listener\nafter cancel\n[^]*Error: the listener's own/);
    expect(output).not.toContain("never");
  });
});
