import { describeTree, snapshot } from "@selvage/scope/debug";
import { VirtualClock } from "@selvage/testing";
import { expect, it } from "vitest";
import { Supervisor } from "../src/index.js";

it("a task that waits to restart says so in the tree and in a snapshot, and only then (C3)", async () => {
  const clock = new VirtualClock();
  const supervisor = new Supervisor({ clock, name: "pool", onError: () => {} });
  let runs = 0;
  const backoff = { initial: 100, factor: 1, max: 100 };
  supervisor.createTask(
    async (scope) => {
      if (++runs === 1) throw new Error("no database");
      await scope.sleep(50);
    },
    { name: "poller", restart: { when: "on-failure", maxRestarts: 3, within: 1_000, backoff } },
  );
  const status = (): string | undefined => describeTree(supervisor.scope).split("\n")[1];
  expect(status()).toBe('  task "poller": running');
  await clock.advance(50);
  expect(status()).toBe('  task "poller": waiting to restart');
  expect(snapshot(supervisor.scope).containers[0]?.tasks[0]?.status).toBe("waiting to restart");
  await clock.advance(50);
  expect(status()).toBe('  task "poller": running');
  await clock.advance(50);
  expect(supervisor.size).toBe(0);
  await supervisor.shutdown();
});
