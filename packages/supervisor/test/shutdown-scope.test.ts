import { describe, expect, it } from "vitest";
import { type ShutdownOptions, Supervisor } from "../src/index.js";
import { deaf, watch, type Watch } from "./watch.js";

/** Runs a body that waits in the supervisor's scope beside the tasks, and logs when that scope is cancelled. */
async function run(
  { clock, note }: Watch,
  addTasks: (supervisor: Supervisor) => unknown,
  options: ShutdownOptions,
): Promise<void> {
  let supervisor: Supervisor | undefined;
  const outcome = Supervisor.run(
    (own) => {
      supervisor = own;
      addTasks(own);
      own.scope.onCancel(() => note("scope cancelled"));
      return own.scope.sleep(Infinity);
    },
    { clock },
  );
  await supervisor!.shutdown(options);
  note("shut down");
  expect(await outcome).toBeUndefined();
}

describe("the supervisor's scope in a shutdown", () => {
  it("the supervisor's scope is cancelled with the last stage, right after the last of its tasks (V4)", async () => {
    const watched = watch();
    await run(
      watched,
      (supervisor) => {
        supervisor.createTask(watched.until("request", 20));
        supervisor.createTask(watched.until("pool", 20), { stage: 1 });
        supervisor.createTask(watched.until("pool 2", 20), { stage: 1, grace: 50 });
      },
      { grace: 10 },
    );
    expect(watched.log).toEqual([
      "10: request cancelled",
      "40: pool cancelled",
      "80: pool 2 cancelled",
      "80: scope cancelled",
      "100: shut down",
    ]);
  });

  it("the supervisor's scope is cancelled when no task is left, although the grace continues (V4)", async () => {
    const watched = watch();
    await run(
      watched,
      (supervisor) => {
        supervisor.createTask((scope) => scope.sleep(20));
        supervisor.createTask((scope) => scope.sleep(30), { stage: 1 });
      },
      { grace: 100 },
    );
    expect(watched.log).toEqual(["30: scope cancelled", "30: shut down"]);
  });

  it("the supervisor's scope is cancelled at once if there is no task, or no grace (V4)", async () => {
    for (const grace of [0, 1_000]) {
      const watched = watch();
      await run(watched, (supervisor) => grace === 0 && supervisor.createTask(watched.until("task")), { grace });
      expect(watched.log.slice(-2)).toEqual(["0: scope cancelled", "0: shut down"]);
    }
  });

  it("the supervisor's scope is cancelled when the last task of a later stage ends while the stage before is cancelled (V4)", async () => {
    const watched = watch();
    await run(
      watched,
      (supervisor) => {
        supervisor.createTask(watched.until("request", 50));
        supervisor.createTask((scope) => scope.sleep(30), { stage: 1 });
      },
      { grace: 10 },
    );
    expect(watched.log).toEqual(["10: request cancelled", "30: scope cancelled", "60: shut down"]);
  });

  it("the supervisor's scope is cancelled in the grace once each task was cancelled alone or by its own deadline (V4)", async () => {
    const watched = watch();
    await run(
      watched,
      (supervisor) => {
        const [one, two] = ["one", "two"].map((name) => supervisor.createTask(watched.until(name, 50)));
        one!.scope.deadline = 5;
        void watched.sleep(7).then(() => two!.cancel());
      },
      { grace: 100 },
    );
    expect(watched.log).toEqual(["5: one cancelled", "7: two cancelled", "7: scope cancelled", "57: shut down"]);
  });

  it("the supervisor's scope is cancelled although a task does not notice its own cancellation (V4)", async () => {
    const watched = watch();
    await run(watched, (supervisor) => supervisor.createTask(() => watched.sleep(100)), { grace: 10 });
    expect(watched.log).toEqual(["10: scope cancelled", "100: shut down"]);
  });

  it("the supervisor's scope is cancelled by the timeout, whatever the stage (V4)", async () => {
    const watched = watch();
    await run(
      watched,
      (supervisor) => {
        supervisor.createTask(deaf);
        supervisor.createTask(watched.until("pool"), { stage: 1 });
      },
      { grace: 5, timeout: 15 },
    );
    expect(watched.log).toEqual(["15: scope cancelled", "15: pool cancelled", "15: shut down"]);
  });

  it("the supervisor's scope has an effective deadline only if there is a timeout (V4, S9)", async () => {
    const { clock, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("task"));
    const first = supervisor.shutdown({ grace: 10 });
    expect(supervisor.scope.effectiveDeadline).toBe(Infinity);
    void supervisor.shutdown({ grace: 10, timeout: 40 });
    expect(supervisor.scope.effectiveDeadline).toBe(40);
    await first;
    expect([supervisor.scope.cancelled, clock.now(), clock.pending]).toEqual([true, 10, 0]);
  });
});

describe("a body that awaits a task which a shutdown cancels", () => {
  it("the body is cancelled with its task, although later stages continue: run resolves undefined, and waits for them (V4, V7)", async () => {
    const watched = watch();
    let supervisor: Supervisor | undefined;
    const outcome = Supervisor.run(
      async (own) => {
        supervisor = own;
        own.createTask(watched.until("pool"), { stage: 1 });
        await own.createTask(watched.until("request"));
        return "never";
      },
      { clock: watched.clock },
    );
    void supervisor!.shutdown({ grace: 10 });
    expect(await outcome).toBeUndefined();
    expect(watched.log).toEqual(["10: request cancelled", "20: pool cancelled"]);
  });
});
