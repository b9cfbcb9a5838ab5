import { CancelScope } from "@selvage/scope";
import { Mutex } from "@selvage/semaphore";
import { Supervisor } from "@selvage/supervisor";
import { TaskGroup } from "@selvage/task-group";
import { settled, VirtualClock } from "@selvage/testing";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { timeout } from "@selvage/timeout";
import { describe, expect, it } from "vitest";
import { instrument, type InstrumentOptions } from "../src/index.js";
import { type Metered, metered, undoing } from "./telemetry.js";

function measured(options: InstrumentOptions = {}): Metered & { readonly instrumenting: Disposable } {
  const all = metered();
  return { ...all, instrumenting: undoing(instrument({ meter: all.meter, ...options })) };
}

const fail = (): Promise<never> => Promise.reject(new Error("no"));
const hang = (scope: CancelScope): Promise<void> => scope.sleep(60_000);

describe("the metrics", () => {
  it("count what is live, queued, started, completed, failed and cancelled, by kind (N5)", async () => {
    const { sums } = measured();
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ limit: 2, onError: () => {}, clock });
    const first = supervisor.createTask(hang);
    supervisor.createTask((scope) => scope.sleep(10).then(fail));
    const third = supervisor.createTask(hang);
    supervisor.createTask(async () => {});
    expect(await sums()).toEqual(
      ["live{Supervisor}: 1", "live{task}: 4", "queued{task}: 2", "started{task}: 2"].sort(),
    );
    await clock.advance(10);
    expect(await sums()).toEqual(
      ["failed{task}: 1", "live{Supervisor}: 1", "live{task}: 3", "queued{task}: 1", "started{task}: 3"].sort(),
    );
    first.cancel();
    third.cancel();
    await supervisor.join();
    expect(await sums()).toEqual(
      [
        "cancelled{task}: 2",
        "completed{Supervisor}: 1",
        "completed{task}: 1",
        "failed{task}: 1",
        "started{task}: 4",
      ].sort(),
    );
    expect(await sums("live", "queued")).toEqual(["live{Supervisor}: 0", "live{task}: 0", "queued{task}: 0"]);
  });

  it("count a queued task that is cancelled as cancelled, and not as started (N5, T8)", async () => {
    const { sums } = measured();
    await TaskGroup.run(
      (group) => {
        group.createTask(async () => {});
        group.createTask(async () => {}).cancel();
      },
      { limit: 1 },
    );
    expect(await sums()).toEqual(
      [
        "cancelled{task}: 1",
        "completed{TaskGroup}: 1",
        "completed{task}: 1",
        "started{TaskGroup}: 1",
        "started{task}: 1",
      ].sort(),
    );
    expect(await sums("queued")).toEqual(["queued{task}: 0"]);
  });

  it("count plain scopes, timeouts and other primitives by their kinds, and no scope that stands for a signal (N5)", async () => {
    const { sums } = measured();
    await CancelScope.run(() => {}, { parent: new AbortController().signal });
    await timeout(1_000, () => {});
    await CancelScope.run((scope) => new Mutex({ name: "db" }).run(scope, () => {}));
    expect(await sums("live")).toEqual(["live{run}: 0", "live{scope}: 0", "live{timeout}: 0"]);
    expect(await sums("completed")).toEqual(["completed{run}: 1", "completed{scope}: 2", "completed{timeout}: 1"]);
  });

  it("count restarts, and each run by the kind run (N5)", async () => {
    const { sums } = measured({ metricNames: ["poll"] });
    const clock = new VirtualClock({ autojump: true });
    const supervisor = new Supervisor({ clock, onError: () => {} });
    let runs = 0;
    supervisor.createTask(async () => (++runs < 3 ? fail() : undefined), {
      restart: { when: "on-failure", maxRestarts: 5, within: 60_000 },
      name: "poll",
    });
    await supervisor.join();
    expect(await sums("restarts", "started", "failed")).toEqual([
      "failed{run,poll}: 2",
      "restarts{task,poll}: 2",
      "started{run,poll}: 3",
      "started{task,poll}: 1",
    ]);
  });

  it("have names as attributes only if they are listed, so that names with ids do not make series (N5)", async () => {
    const { sums } = measured({ metricNames: ["load", "page"] });
    await TaskGroup.run(
      (group) => {
        group.createTask(async () => {}, { name: "load" });
        group.createTask(async function load() {});
        for (let id = 0; id < 100; id++) group.createTask(async () => {}, { name: `load ${id}` });
      },
      { name: "page" },
    );
    expect(await sums("completed")).toEqual([
      "completed{TaskGroup,page}: 1",
      "completed{task,load}: 2",
      "completed{task}: 100",
    ]);
  });

  it("do not make names that are those of properties of objects special (N5)", async () => {
    const { sums } = measured({ metricNames: ["__proto__", "constructor", "", "__proto__"] });
    for (const name of ["__proto__", "constructor", "", "toString"]) await TaskGroup.run(() => {}, { name });
    expect(await sums("completed")).toEqual([
      "completed{TaskGroup,__proto__}: 1",
      "completed{TaskGroup,constructor}: 1",
      "completed{TaskGroup,}: 1",
      "completed{TaskGroup}: 1",
    ]);
  });

  it("a scope that was open before is not counted, and what is opened in it is (N5)", async () => {
    const before = new TaskGroup({ limit: 1 });
    before.createTask((scope) => scope.checkpoint());
    before.createTask(async () => {});
    const { sums } = measured();
    before.createTask(async () => {});
    await before.join();
    expect(await sums()).toEqual(["completed{task}: 1", "started{task}: 1"]);
    expect(await sums("live", "queued")).toEqual(["live{task}: 0", "queued{task}: 0"]);
  });

  it("a task whose scope other code closes is no longer live or queued (N5)", async () => {
    const { sums } = measured();
    const group = new TaskGroup({ limit: 1 });
    group.createTask((scope) => scope.checkpoint());
    const queued = group.createTask(async () => {});
    queued.scope.close();
    await group.join().catch(() => {});
    expect(await sums("live", "queued")).toEqual(["live{TaskGroup}: 0", "live{task}: 0", "queued{task}: 0"]);
  });
});

describe("the time to quiescence", () => {
  it("is measured from the cancellation of a scope until it and everything below has ended, in seconds (N5)", async () => {
    const { durations } = measured({ metricNames: ["page"] });
    const clock = new VirtualClock({ autojump: true });
    await TaskGroup.run(
      async (group) => {
        for (const ms of [100, 2_500]) {
          group.createTask(async (scope) => {
            await hang(scope).catch(() => {});
            await new CancelScope({ clock }).sleep(ms);
          });
        }
        group.cancel();
      },
      { clock, name: "page" },
    );
    expect(await durations()).toEqual(["TaskGroup,page: 1, 2.5 s"]);
  });

  it("includes a task that a shutdown has abandoned, and a scope that was left open (N5, V4, S16)", async () => {
    const { durations } = measured();
    const clock = new VirtualClock();
    const supervisor = new Supervisor({ clock, onError: () => {} });
    let end: (() => void) | undefined;
    supervisor.createTask(() => new Promise<void>((resolve) => (end = resolve)));
    const report = supervisor.shutdown({ timeout: 1_000 });
    await clock.advance(1_000);
    await report;
    await clock.advance(4_000);
    expect(await durations()).toEqual([]);
    end!();
    await settled();
    expect(await durations()).toEqual(["Supervisor: 1, 5 s", "task: 1, 5 s"]);
  });

  it("is measured once for each cancellation: of a task, of a timeout, and of a group around them (N5)", async () => {
    const { durations } = measured();
    const clock = new VirtualClock({ autojump: true });
    await TaskGroup.run(
      async (group) => {
        group.createTask(hang).cancel();
        group.createTask(async (scope) => {
          await timeout(10, ({ scope: own }) => hang(own), { parent: scope }).catch(() => {});
          await hang(scope);
        });
        const { scope } = group;
        await scope.sleep(20);
        group.cancel();
        group.cancel();
      },
      { clock },
    );
    expect(await durations()).toEqual(["TaskGroup: 1, 0 s", "task: 1, 0 s", "timeout: 1, 0 s"]);
  });

  it("is measured for a signal that aborts, until everything below it has ended (N5, S8)", async () => {
    const { durations } = measured();
    const { durations: ofNone } = measured({ filter: () => false });
    const controller = new AbortController();
    const running = TaskGroup.run((group) => void group.createTask(hang), { parent: controller.signal });
    controller.abort();
    await running.catch(() => {});
    expect((await durations()).map((line) => line.replace(/,.*/, ""))).toEqual(["AbortSignal: 1"]);
    expect(await ofNone()).toEqual([]);
  });

  it("is not measured if the clock throws, and nothing is reported (N5, C1)", async () => {
    const { durations, sums } = measured();
    let isBroken = false;
    const clock = {
      now: () => {
        if (isBroken) throw new Error("broken");
        return 0;
      },
      setTimer: () => undefined,
      clearTimer() {},
    };
    const caught = await uncaughtDuring(() => {
      for (const when of ["before", "after"]) {
        const scope = new CancelScope({ clock });
        isBroken = when === "before";
        scope.cancel();
        isBroken = when === "after";
        scope.close();
        isBroken = false;
      }
      const infinite = new CancelScope({ clock: { ...clock, now: () => Infinity } });
      infinite.cancel();
      infinite.close();
    });
    expect(caught).toEqual([]);
    expect(await durations()).toEqual([]);
    expect(await sums()).toEqual(["cancelled{scope}: 3"]);
  });
});
