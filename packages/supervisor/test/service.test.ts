import { CancelScope } from "@selvage/scope";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { Supervisor } from "../src/index.js";
import { watch } from "./watch.js";

describe("a supervisor as an object's field", () => {
  class Service {
    readonly tasks = new Supervisor({
      clock: new VirtualClock({ autojump: true }),
      onError: (error) => this.errors.push(error),
    });
    readonly errors: unknown[] = [];
    readonly handled: number[] = [];

    handle(request: number): void {
      this.tasks.createTask(
        async (scope) => {
          await scope.sleep(request * 10);
          if (request % 3 === 0) throw request;
          this.handled.push(request);
        },
        { name: `request ${request}` },
      );
    }
  }

  it("the supervisor takes work from synchronous methods, and its shutdown drains or cancels the work (V3, V4)", async () => {
    const service = new Service();
    for (let request = 1; request <= 10; request++) service.handle(request);
    expect(Array.from(service.tasks.tasks, (task) => task.name)).toContain("request 10");
    const report = await service.tasks.shutdown({ grace: 55 });
    expect(service.handled).toEqual([1, 2, 4, 5]);
    expect(service.errors).toEqual([3]);
    expect(report).toEqual({ completed: 4, failed: 1, cancelled: 5, abandoned: [], elapsed: 55 });
  });

  it("another task may shut the supervisor down half-way, and the code after that call runs (V4)", async () => {
    const service = new Service();
    const log: string[] = [];
    const elsewhere = new Supervisor({ clock: service.tasks.scope.clock });
    elsewhere.createTask(async (scope) => {
      await scope.sleep(25);
      const { completed, cancelled } = await service.tasks.shutdown();
      log.push(`${completed} completed, ${cancelled} cancelled`);
    });
    for (const request of [1, 2, 4, 5]) service.handle(request);
    await elsewhere.join();
    expect(log).toEqual(["0 completed, 2 cancelled"]);
    expect(service.handled).toEqual([1, 2]);
  });

  it("the supervisor's cleanup is not interrupted when the caller of its shutdown is cancelled (V4)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    let cleanedUp = false;
    supervisor.createTask(async (scope) => {
      await scope.sleep(Infinity).catch(() => {});
      using cleanup = new CancelScope({ parent: scope, shield: true });
      await cleanup.sleep(100);
      cleanedUp = true;
    });
    await CancelScope.run((scope) => scope.race(supervisor.shutdown()), { clock, deadline: 10 });
    expect([clock.now(), cleanedUp]).toEqual([10, false]);
    await supervisor.shutdown();
    expect([clock.now(), cleanedUp]).toEqual([100, true]);
  });

  it("a shutdown with done, failed, pending and queued tasks cancels at once and waits for the rest (V4, V5)", async () => {
    const supervisor = new Supervisor({ clock: new VirtualClock(), onError: () => {}, limit: 5 });
    supervisor.createTask(() => "done");
    supervisor.createTask(() => Promise.reject("failed"));
    await settled();
    for (let number = 0; number < 7; number++) supervisor.createTask((scope) => scope.sleep(Infinity));
    expect(await supervisor.shutdown()).toEqual({ completed: 0, failed: 0, cancelled: 7, abandoned: [], elapsed: 0 });
    expect(supervisor.stats()).toEqual({
      running: 0,
      queued: 0,
      restarting: 0,
      completed: 1,
      failed: 1,
      cancelled: 7,
      restarts: 0,
    });
  });
});

describe("a service of requests, a poller, and a pool that they all use", () => {
  it("a shutdown stops the poller at once, lets the requests end, and closes the pool last (V4)", async () => {
    const { clock, log, note, sleep, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask((scope) => scope.sleep(Infinity).finally(() => note("pool closed")), { stage: 1, grace: 0 });
    const query = async (who: string): Promise<void> => {
      await sleep(10);
      note(`${who} queried`);
    };
    supervisor.createTask(
      async (scope) => {
        for (;;) {
          await query("poller");
          await scope.sleep(1_000);
        }
      },
      { grace: 0 },
    );
    supervisor.createTask((scope) => scope.sleep(60).then(() => query("request")));
    supervisor.createTask(until("stuck request"));
    await sleep(50);
    const report = await supervisor.shutdown({ grace: 100 });
    expect(log).toEqual([
      "10: poller queried",
      "70: request queried",
      "150: stuck request cancelled",
      "150: pool closed",
    ]);
    expect(report).toMatchObject({ completed: 1, cancelled: 3, elapsed: 100 });
  });

  it("a shutdown does not take the whole grace if only the poller never ends (V4)", async () => {
    const { clock, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("poller"), { grace: 0 });
    supervisor.createTask((scope) => scope.sleep(30));
    expect(await supervisor.shutdown({ grace: 5_000 })).toMatchObject({ completed: 1, cancelled: 1, elapsed: 30 });
  });
});
