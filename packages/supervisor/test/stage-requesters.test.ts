import { describe, expect, it } from "vitest";
import { CancelScope, Supervisor, type SupervisedTaskOptions } from "../src/index.js";
import { watch, type Watch } from "./watch.js";

/**
 * Adds a task that calls shutdown after `at` milliseconds, waits for it, and runs for `more` milliseconds, ignoring
 * cancellation.
 */
function addRequester(
  supervisor: Supervisor,
  { note, sleep }: Watch,
  { name, at = 0, more = 0, grace, ...options }: SupervisedTaskOptions & { name: string; at?: number; more?: number },
): void {
  supervisor.createTask(
    async (scope: CancelScope) => {
      scope.onCancel(() => note(`${name} cancelled`));
      if (at > 0) await sleep(at);
      else await Promise.resolve();
      await supervisor.shutdown({ grace, requestedBy: scope });
      note(`${name} was answered`);
      await sleep(more);
    },
    { name, ...options },
  );
}

describe("a stage in which only requesters are left", () => {
  it("a stage with only requesters left has ended: it is the next stage's turn (V4, V6)", async () => {
    const watched = watch();
    const supervisor = new Supervisor({ clock: watched.clock });
    addRequester(supervisor, watched, { name: "requester", grace: 10, more: 100 });
    supervisor.createTask((scope) => scope.sleep(4));
    supervisor.createTask(watched.until("pool", 3), { stage: 1 });
    await supervisor.join();
    expect(watched.log).toEqual(["10: requester cancelled", "14: pool cancelled", "17: requester was answered"]);
    expect(watched.clock.now()).toBe(117);
  });

  it("a stage that has only requesters has ended from the beginning (V6)", async () => {
    const watched = watch();
    const supervisor = new Supervisor({ clock: watched.clock });
    addRequester(supervisor, watched, { name: "requester", grace: 10 });
    supervisor.createTask(watched.until("pool"), { stage: 1 });
    await supervisor.join();
    expect(watched.log).toEqual(["10: requester cancelled", "10: pool cancelled", "10: requester was answered"]);
  });

  it("a stage ends at the moment when its last other task becomes a requester (V6)", async () => {
    const watched = watch();
    const supervisor = new Supervisor({ clock: watched.clock });
    addRequester(supervisor, watched, { name: "early", at: 1, grace: 20 });
    addRequester(supervisor, watched, { name: "late", at: 10, grace: 50 });
    supervisor.createTask(watched.until("pool"), { stage: 1 });
    await supervisor.join();
    expect(watched.log).toEqual([
      "21: early cancelled",
      "21: late cancelled",
      "30: pool cancelled",
      "30: early was answered",
      "30: late was answered",
    ]);
  });

  it("the supervisor's scope is not cancelled before the requesters of a stage are (V4, V6)", async () => {
    const watched = watch();
    const supervisor = new Supervisor({ clock: watched.clock });
    supervisor.scope.onCancel(() => watched.note("scope cancelled"));
    addRequester(supervisor, watched, { name: "requester", grace: 30, more: 50 });
    supervisor.createTask(watched.until("pool"), { stage: 1, grace: 5 });
    await supervisor.join();
    expect(watched.log).toEqual([
      "5: pool cancelled",
      "5: requester was answered",
      "30: requester cancelled",
      "30: scope cancelled",
    ]);
  });
});

describe("a requester", () => {
  it("a requester of a later stage is cancelled with its own stage, and no stage waits for it (V4, V6)", async () => {
    const watched = watch();
    const supervisor = new Supervisor({ clock: watched.clock });
    supervisor.createTask(watched.until("request", 40));
    addRequester(supervisor, watched, { name: "admin", stage: 1, grace: 10, more: 100 });
    supervisor.createTask(watched.until("pool"), { stage: 2 });
    await supervisor.join();
    expect(watched.log).toEqual([
      "10: request cancelled",
      "60: admin cancelled", // its own grace, and the pool's, count from 50
      "60: pool cancelled",
      "60: admin was answered",
    ]);
  });

  it("a requester has its own grace like any other task (V4, V6)", async () => {
    const watched = watch();
    const supervisor = new Supervisor({ clock: watched.clock });
    supervisor.createTask(
      async (scope) => {
        scope.onCancel(() => watched.note("requester cancelled"));
        await Promise.resolve();
        await supervisor.shutdown({ grace: 100, requestedBy: scope });
        await watched.sleep(50);
      },
      { grace: 25 },
    );
    supervisor.createTask(watched.until("request"), { grace: 0 });
    await supervisor.join();
    expect(watched.log).toEqual(["0: request cancelled", "25: requester cancelled"]);
  });
});
