import { CancelScope } from "@selvage/scope";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { timeout, TimeoutError } from "@selvage/timeout";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Attempts } from "../src/attempt.js";
import { runCase } from "../src/case.js";
import { cases } from "../src/cases/index.js";
import { type Servers, startServers } from "../src/servers/index.js";

let servers: Servers;
let attempts: Attempts;

beforeAll(async () => {
  servers = await startServers();
  for (const [name, { message }] of servers.missing) console.warn(`The cases of ${name} are skipped: ${message}.`);
});
afterAll(() => servers[Symbol.asyncDispose]());
beforeEach(() => {
  attempts = new Attempts(servers);
});
afterEach(() => attempts.cleanUp());

it("has every server that the cases need, if `CI` is set", () => {
  if (process.env["CI"]) expect([...servers.missing.values()]).toEqual([]);
});

for (const one of cases) {
  describe(`${one.package}, ${one.name}`, () => {
    const test = (title: string, body: () => Promise<void>): void =>
      it(title, async (context) => {
        context.skip(one.needs !== undefined && servers.missing.has(one.needs) && !process.env["CI"]);
        await body();
      });

    test("is absorbed by the scope that was cancelled (S14, S15)", async () => {
      const scope = new CancelScope({ parent: null });
      const ended = scope.run(() => runCase(one, attempts.in(scope)));
      await Promise.race([attempts.underway, ended]);
      scope.cancel();
      expect(await ended).toBeUndefined();
      expect(scope.cancelledCaught).toBe(true);
    });

    test("is not listed beside the failure that cancelled its group (T3, S15)", async () => {
      const failure = new Error("the real failure");
      const ended = TaskGroup.run((group) => {
        group.createTask((scope) => runCase(one, attempts.in(scope)));
        group.createTask(async (scope) => {
          await scope.race(attempts.underway);
          throw failure;
        });
      });
      await expect(ended).rejects.toMatchObject({ errors: [failure] });
    });

    test("is a TimeoutError where the time ran out (O1, S15)", async () => {
      const ended = timeout(null, async ({ scope, reschedule }) => {
        void attempts.underway.then(() => reschedule(0));
        await runCase(one, attempts.in(scope));
      });
      await expect(ended).rejects.toBeInstanceOf(TimeoutError);
    });

    test("counts as cancelled in a supervisor, and is not reported (V2, S15)", async () => {
      const errors: unknown[] = [];
      const supervisor = new Supervisor({ onError: (error) => errors.push(error) });
      const task = supervisor.createTask((scope) => runCase(one, attempts.in(scope)));
      await Promise.race([attempts.underway, supervisor.join()]);
      task.cancel();
      await supervisor.join();
      expect(errors).toEqual([]);
      expect(supervisor.stats()).toMatchObject({ completed: 0, failed: 0, cancelled: 1 });
    });
  });
}
