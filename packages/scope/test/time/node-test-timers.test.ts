import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProgramFolder } from "../child-process.js";

/** The mock timers of node:test do not fake `performance`, so only a timer that fires makes anything due (C1). */
describe("the mock timers of node:test", () => {
  let programs: ProgramFolder;

  beforeAll(async () => {
    programs = await ProgramFolder.create();
  });

  afterAll(() => {
    programs.dispose();
  });

  async function run(body: string): Promise<string> {
    const { code, output } = await programs.run(
      `
      import assert from "node:assert/strict";
      import { mock, test } from "node:test";
      import { CancelScope, now } from "./index.js";
      const { setImmediate: nextTurn } = globalThis; // which the mocks replace as well
      const settle = () => new Promise((resolve) => nextTurn(resolve));
      test("program", async () => { ${body} });
      `,
      { flags: ["--test-reporter=tap"] },
    );
    expect(output).toContain("# pass 1");
    expect(code).toBe(0);
    return output;
  }

  it("the mock timers of node:test end a sleep that began after they were reset and enabled again (C1)", async () => {
    await run(`
      const [a, b] = [new CancelScope(), new CancelScope()];
      let awake = false;
      mock.timers.enable();
      void a.sleep(1000);
      mock.timers.reset();
      mock.timers.enable();
      void b.sleep(5000).then(() => (awake = true));
      mock.timers.tick(6000);
      await settle();
      assert.equal(awake, true);
      mock.timers.reset();
    `);
  });

  it("the mock timers of node:test end every sleep that one tick covers, in order (C1)", async () => {
    await run(`
      const log = [];
      mock.timers.enable();
      const scope = new CancelScope();
      for (const ms of [3000, 1000, 2000]) void scope.sleep(ms).then(() => log.push(ms));
      mock.timers.tick(10_000);
      await settle();
      assert.deepEqual(log, [1000, 2000, 3000]);
      mock.timers.reset();
    `);
  });

  it("a deadline on the mock timers of node:test passes when its timer fires, and an earlier check fires nothing (S9, C1)", async () => {
    await run(`
      mock.timers.enable();
      const scope = new CancelScope({ deadline: now() + 5 });
      const inner = new CancelScope({ parent: scope, deadline: now() + 60_000 });
      const real = performance.now();
      while (performance.now() - real < 20);
      assert.equal(scope.cancelled, false);
      mock.timers.tick(10);
      assert.equal(inner.reason?.scope, scope);
      mock.timers.reset();
    `);
  });

  it("the mock timers of node:test end a run at its deadline, also a moved one (S10, C1)", async () => {
    await run(`
      mock.timers.enable();
      const scope = new CancelScope({ deadline: now() + 1000 });
      const run = scope.run((own) => own.sleep(60_000).then(() => "late"));
      scope.deadline += 1000;
      mock.timers.tick(1500);
      assert.equal(scope.cancelled, false);
      mock.timers.tick(1500);
      assert.equal(await run, undefined);
      mock.timers.reset();
    `);
  });
});
