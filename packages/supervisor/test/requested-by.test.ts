import { CancelScope } from "@selvage/scope";
import { settled, VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { type ShutdownOptions, type ShutdownReport, Supervisor } from "../src/index.js";

const nothing: ShutdownReport = { completed: 0, failed: 0, cancelled: 0, abandoned: [], elapsed: 0 };
const never = (): Promise<never> => new Promise(() => {});

/**
 * Adds a task that calls shutdown with its own scope as requester, waits for it, and runs for `more` milliseconds
 * longer.
 */
function addRequester(
  supervisor: Supervisor,
  log: string[],
  name: string,
  more = 0,
  options: ShutdownOptions = {},
): void {
  const { clock } = supervisor.scope;
  supervisor.createTask(
    async (scope) => {
      await Promise.resolve();
      const report = await supervisor.shutdown({ ...options, requestedBy: scope });
      log.push(`${clock.now()}: ${name} got ${report.completed} completed, ${report.cancelled} cancelled`);
      using rest = new CancelScope({ clock });
      if (more > 0) await rest.sleep(more);
    },
    { name },
  );
}

describe("requestedBy", () => {
  it("a task may wait for the shutdown that it requested: the shutdown does not wait for that task (V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const log: string[] = [];
    supervisor.createTask((scope) => scope.sleep(10));
    supervisor.createTask((scope) => scope.sleep(Infinity));
    addRequester(supervisor, log, "requester", 0, { grace: 20 });
    await supervisor.join();
    expect(log).toEqual(["20: requester got 1 completed, 1 cancelled"]);
  });

  it("a requester gets the report at once if there are no other tasks (V6)", async () => {
    const supervisor = new Supervisor({ clock: new VirtualClock() });
    const log: string[] = [];
    addRequester(supervisor, log, "requester");
    await supervisor.join();
    expect(log).toEqual(["0: requester got 0 completed, 0 cancelled"]);
    expect(await supervisor.shutdown()).toEqual({ ...nothing, completed: 1 });
  });

  it("a requester does not wait for any other requester (V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const log: string[] = [];
    addRequester(supervisor, log, "one", 100);
    addRequester(supervisor, log, "two", 200);
    addRequester(supervisor, log, "three", 300);
    supervisor.createTask((scope) => scope.sleep(Infinity).finally(() => new CancelScope({ clock }).sleep(10)));
    await supervisor.join();
    expect(log).toEqual(["one", "two", "three"].map((name) => `10: ${name} got 0 completed, 1 cancelled`));
    expect(clock.now()).toBe(310);
  });

  it("waiting requesters resolve when the last task they wait for becomes a requester, too (V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const log: string[] = [];
    addRequester(supervisor, log, "early", 5);
    supervisor.createTask(async (scope) => {
      using rest = new CancelScope({ clock });
      await rest.sleep(50);
      await supervisor.shutdown({ requestedBy: scope });
      log.push(`${clock.now()}: late`);
      await rest.sleep(50);
    });
    await supervisor.join();
    expect(log).toEqual(["50: early got 0 completed, 0 cancelled", "50: late"]);
    expect(clock.now()).toBe(100);
  });

  it("callers without requestedBy wait for all tasks, also for requesters (V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const log: string[] = [];
    await Supervisor.run(
      async (supervisor) => {
        supervisor.createTask((scope) => scope.sleep(Infinity));
        addRequester(supervisor, log, "requester", 100);
        await supervisor.scope.sleep(Infinity).catch(() => {});
        const report = await supervisor.shutdown();
        log.push(`${clock.now()}: body got ${report.completed} completed, ${report.cancelled} cancelled`);
      },
      { clock },
    );
    expect(log).toEqual(["0: requester got 0 completed, 1 cancelled", "100: body got 1 completed, 1 cancelled"]);
  });

  it("callers without requestedBy wait for a requester, whether they call before or after it (V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const log: string[] = [];
    addRequester(supervisor, log, "requester", 100, { grace: 1_000 });
    const first = supervisor.shutdown({ grace: 1_000 });
    await settled();
    const last = supervisor.shutdown({ grace: 1_000 });
    const report = { ...nothing, completed: 1, elapsed: 100 };
    expect(await Promise.all([first, last])).toEqual([report, report]);
    expect(log).toEqual(["0: requester got 0 completed, 0 cancelled"]);
  });

  it("requestedBy may be a scope below the task's: of a run, of a shield, of another supervisor in the task (V6)", async () => {
    const below: ((task: CancelScope, ask: (scope: CancelScope) => Promise<void>) => Promise<unknown>)[] = [
      (parent, ask) => CancelScope.run(ask, { parent }),
      (parent, ask) => CancelScope.run((run) => CancelScope.run(ask, { parent: run, shield: true }), { parent }),
      (parent, ask) => CancelScope.run(ask, { parent: parent.signal }),
      (parent, ask) => Supervisor.run((inner) => void inner.createTask(ask), { parent }),
    ];
    for (const way of below) {
      const supervisor = new Supervisor();
      const reported: string[] = [];
      supervisor.createTask(async (task) => {
        await way(task, async (scope) => {
          const report = await supervisor.shutdown({ grace: 1_000, requestedBy: scope });
          reported.push(`${report.completed} completed`);
        });
      });
      await supervisor.join();
      expect(reported).toEqual(["0 completed"]);
    }
  });

  it("requestedBy with a scope of no task of this supervisor waits for all, as if it were not given (V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const closed = new CancelScope();
    closed.close();
    using foreign = new CancelScope();
    const other = new Supervisor({ clock });
    const elsewhere = other.createTask((scope) => scope.sleep(Infinity)).scope;
    const scopes = [(supervisor: Supervisor) => supervisor.scope, () => foreign, () => closed, () => elsewhere];
    for (const scopeOf of scopes) {
      const supervisor = new Supervisor({ clock });
      supervisor.createTask((scope) => scope.sleep(30));
      const report = await supervisor.shutdown({ grace: 100, requestedBy: scopeOf(supervisor) });
      expect(report).toEqual({ ...nothing, completed: 1, elapsed: 30 });
    }
    await other.shutdown();
  });

  it("requestedBy with the scope of a task that has ended waits for all tasks (V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const ended = supervisor.createTask(() => "done");
    await ended;
    supervisor.createTask((scope) => scope.sleep(30));
    const report = await supervisor.shutdown({ grace: 100, requestedBy: ended.scope });
    expect(report).toEqual({ ...nothing, completed: 1, elapsed: 30 });
  });

  it("a requester is abandoned with the rest at the timeout, and gets the report then (V4, V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const log: string[] = [];
    supervisor.createTask(never, { name: "stubborn" });
    addRequester(supervisor, log, "requester", 50, { grace: 5, timeout: 20 });
    await settled();
    const report = await supervisor.shutdown({ grace: 5 });
    expect(report).toEqual({ ...nothing, abandoned: ["stubborn", "requester"], elapsed: 20 });
    expect(log).toEqual(["20: requester got 0 completed, 0 cancelled"]);
    await new CancelScope({ clock }).sleep(100);
    expect(supervisor.stats()).toMatchObject({ completed: 1, running: 0 });
  });

  it("the report of a requester whose later call ends the time names the requester (V4, V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const reports: ShutdownReport[] = [];
    supervisor.createTask(
      async (scope) => {
        void supervisor.shutdown({ grace: 50, timeout: 20, requestedBy: scope });
        reports.push(await supervisor.shutdown({ grace: 50, timeout: 0, requestedBy: scope }));
        await never();
      },
      { name: "requester" },
    );
    await supervisor.join();
    await settled();
    expect(reports).toEqual([{ ...nothing, abandoned: ["requester"] }]);
  });

  it("a requester waits until the timeout for a task that calls shutdown without requestedBy and so waits for itself (V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock });
    const log: string[] = [];
    supervisor.createTask(async function careless() {
      await Promise.resolve();
      await supervisor.shutdown({ timeout: 70 });
      log.push(`${clock.now()}: careless`);
    });
    addRequester(supervisor, log, "requester");
    await supervisor.join();
    await settled();
    expect(log).toEqual(["70: requester got 0 completed, 0 cancelled", "70: careless"]);
    expect((await supervisor.shutdown()).abandoned).toEqual(["careless", "requester"]);
  });

  it("the same task may request a shutdown twice (V6)", async () => {
    const supervisor = new Supervisor({ clock: new VirtualClock() });
    const reports: ShutdownReport[] = [];
    supervisor.createTask(async (scope) => {
      const ask = { grace: 10, requestedBy: scope };
      await Promise.resolve();
      reports.push(...(await Promise.all([supervisor.shutdown(ask), supervisor.shutdown(ask)])));
      reports.push(await supervisor.shutdown(ask));
    });
    await supervisor.join();
    expect(reports).toEqual([nothing, nothing, nothing]);
  });

  it("a requester gets a report of what has happened so far, and a new one each time it calls (V5, V6)", async () => {
    const clock = new VirtualClock({ autojump: true });
    using outside = new CancelScope({ clock });
    const supervisor = new Supervisor({ clock });
    const reports: ShutdownReport[] = [];
    supervisor.createTask(async (scope) => {
      await outside.sleep(10);
      for (const rest of [30, 30]) {
        reports.push(await supervisor.shutdown({ grace: 1_000, requestedBy: scope }));
        await outside.sleep(rest);
      }
    });
    supervisor.createTask((scope) => scope.sleep(20));
    supervisor.createTask(async (scope) => {
      await outside.sleep(10);
      await supervisor.shutdown({ grace: 1_000, requestedBy: scope });
      await outside.sleep(5);
    });
    await supervisor.join();
    expect(reports).toEqual([
      { ...nothing, completed: 1, elapsed: 10 },
      { ...nothing, completed: 2, elapsed: 40 },
    ]);
    expect(await supervisor.shutdown()).toEqual({ ...nothing, completed: 3, elapsed: 70 });
  });

  it("a requester gets both the grace and the cancellation (V4, V6)", async () => {
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask((scope) => scope.sleep(Infinity));
    const requester = supervisor.createTask(async (scope) => {
      await scope.race(supervisor.shutdown({ grace: 10, requestedBy: scope }));
    });
    await clock.advance(10);
    await supervisor.join();
    expect(requester.status).toBe("cancelled");
    expect(await supervisor.shutdown()).toEqual({ ...nothing, cancelled: 2, elapsed: 10 });
  });
});
