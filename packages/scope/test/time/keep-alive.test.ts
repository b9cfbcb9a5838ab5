import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProgramFolder } from "../child-process.js";

let programs: ProgramFolder;

beforeAll(async () => {
  programs = await ProgramFolder.create();
});

afterAll(() => {
  programs.dispose();
});

/** A process that waits for nothing ends. One that a distant time keeps alive is killed, and has no exit code. */
const forLong = { timeLimit: 2_000 };

describe("a process", () => {
  it("a bare deadline does not keep the process alive, whether set, moved, or in a run that waits for nothing else (S10)", async () => {
    const outcome = await programs.run(`
      import { CancelScope, now } from "./index.js";
      const scope = new CancelScope({ deadline: now() + 60_000 });
      scope.deadline += 1_000;
      void CancelScope.run((scope) => scope.race(new Promise(() => {})), { deadline: now() + 60_000 });
      process.on("exit", () => console.log("cancelled:", scope.cancelled));
    `);
    expect(outcome).toEqual({ code: 0, output: "cancelled: false" });
  });

  it("a sleep keeps the process alive until it ends, with a deadline before and one after it (S10, S12)", async () => {
    const outcome = await programs.run(`
      import { CancelScope, now } from "./index.js";
      const scopes = [10, 60_000].map((ms) => new CancelScope({ deadline: now() + ms }));
      void new CancelScope().sleep(50).then(() => console.log("slept", ...scopes.map((scope) => scope.cancelled)));
    `);
    expect(outcome).toEqual({ code: 0, output: "slept true false" });
  });

  it("sleeps without an end share one timer, which goes with the last of them, and comes back (S12)", async () => {
    const outcome = await programs.run(`
      import { CancelScope } from "./index.js";
      const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
      for (let round = 0; round < 2; round++) {
        const scopes = Array.from({ length: 100 }, () => new CancelScope());
        const ends = scopes.map((scope) => scope.sleep(Infinity).catch(() => {}));
        const before = timers();
        for (const scope of scopes.slice(1)) scope.cancel();
        const last = timers();
        scopes[0].close();
        await Promise.all(ends);
        console.log(before, last, timers());
      }
    `);
    expect(outcome).toEqual({ code: 0, output: "1 1 0\n1 1 0" });
  });

  it("a sleep keeps the process alive for its whole time (S12)", async () => {
    const outcome = await programs.run(
      `import { CancelScope } from "./index.js";
       void new CancelScope().sleep(60_000);`,
      forLong,
    );
    expect(outcome.code).toBeNull();
  });

  it("a sleep that waits only for the cancellation keeps the process alive (S12)", async () => {
    const outcome = await programs.run(
      `import { CancelScope } from "./index.js";
       void new CancelScope().sleep(Infinity);`,
      forLong,
    );
    expect(outcome.code).toBeNull();
  });

  it("a cancelled or closed sleep no longer keeps the process alive, even if it had no end (S12)", async () => {
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

  it("a deadline set to keep the process alive does so until its scope is closed (O6)", async () => {
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

  it("a signal, a listener or an abort listener on a parent does not keep the process alive (S5, S8)", async () => {
    const outcome = await programs.run(`
      import { CancelScope } from "./index.js";
      const controller = new AbortController();
      const scope = new CancelScope({ parent: controller.signal });
      scope.onCancel(() => {});
      scope.signal.addEventListener("abort", () => {});
    `);
    expect(outcome).toEqual({ code: 0, output: "" });
  });

  it("an error of a listener ends the process, after the cancellation is complete (S4)", async () => {
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
