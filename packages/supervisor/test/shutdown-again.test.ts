import { describe, expect, it } from "vitest";
import { type ShutdownReport, Supervisor } from "../src/index.js";
import { deaf, watch } from "./watch.js";

const nothing: ShutdownReport = { completed: 0, failed: 0, cancelled: 0, abandoned: [], elapsed: 0 };

describe("the grace of a later shutdown", () => {
  it("a later grace bounds the stage whose turn it is and every later one, from the time of that call (V4)", async () => {
    const { clock, log, sleep, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("request", 10));
    supervisor.createTask(until("pool", 10), { stage: 1 });
    supervisor.createTask(until("log", 10), { stage: 2 });
    const first = supervisor.shutdown({ grace: 100 });
    await sleep(20);
    // The second ends all graces at 150.
    expect(await supervisor.shutdown({ grace: 130 })).toEqual({ ...nothing, cancelled: 3, elapsed: 170 });
    expect(log).toEqual(["100: request cancelled", "150: pool cancelled", "160: log cancelled"]);
    await first;
  });

  it("a later grace bounds the tasks' own grace, also an endless one (V4)", async () => {
    const { clock, log, sleep, until } = watch();
    const supervisor = new Supervisor({ clock });
    const tasks = [5, 60, Infinity].map((grace) => supervisor.createTask(until(`${grace}`, 10), { grace }));
    supervisor.createTask(until("later", 10), { stage: 1, grace: Infinity });
    const deadlines = (): number[] => tasks.map((task) => task.scope.effectiveDeadline);
    void supervisor.shutdown();
    expect(deadlines()).toEqual([5, 60, Infinity]);
    await sleep(20);
    const second = supervisor.shutdown({ grace: 30 });
    expect(deadlines()).toEqual([-Infinity, 50, 50]);
    await second;
    expect(log).toEqual(["5: 5 cancelled", "50: 60 cancelled", "50: Infinity cancelled", "60: later cancelled"]);
  });

  it("a later grace never lengthens anything, whatever the order of the calls (V4)", async () => {
    const { clock, log, sleep, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("short"), { grace: 10 });
    supervisor.createTask(until("usual"));
    supervisor.createTask(until("long"), { grace: 500 });
    void supervisor.shutdown({ grace: 100 });
    await sleep(1);
    void supervisor.shutdown({ grace: 200 });
    await sleep(1);
    void supervisor.shutdown({ grace: 300 });
    await sleep(1);
    await supervisor.shutdown({ grace: Infinity, timeout: Infinity });
    expect(log).toEqual(["10: short cancelled", "100: usual cancelled", "201: long cancelled"]);
  });

  it("a later grace of 0 cancels the present stage at once, in order of creation, and each later one at its turn (V4)", async () => {
    const { clock, log, sleep, until } = watch();
    const supervisor = new Supervisor({ clock });
    for (const name of ["a", "b"]) supervisor.createTask(until(name, 10), { grace: 50 });
    supervisor.createTask(until("c", 10), { stage: 1 });
    void supervisor.shutdown({ grace: 90 });
    await sleep(5);
    void supervisor.shutdown();
    expect(log).toEqual(["5: a cancelled", "5: b cancelled"]);
    await supervisor.shutdown();
    expect(log.slice(2)).toEqual(["15: c cancelled"]);
  });

  it("a later grace counts while earlier stages unwind: a later stage then has no grace left (V4)", async () => {
    const { clock, log, sleep, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("request", 50));
    supervisor.createTask(until("pool"), { stage: 1, grace: 1_000 });
    void supervisor.shutdown();
    await sleep(10);
    await supervisor.shutdown({ grace: 20 });
    expect(log).toEqual(["0: request cancelled", "50: pool cancelled"]);
  });

  it("a later grace applies although the call comes from a task of a later stage, with requestedBy (V4, V6)", async () => {
    const { clock, log, note, sleep, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("request", 5));
    supervisor.createTask(
      async (scope) => {
        await sleep(30);
        const report = await supervisor.shutdown({ grace: 10, requestedBy: scope });
        note(`answered, ${report.cancelled} cancelled`);
      },
      { stage: 1 },
    );
    await supervisor.shutdown({ grace: 100 });
    expect(log).toEqual(["40: request cancelled", "45: answered, 1 cancelled"]);
  });
});

describe("the timeout of a later shutdown", () => {
  it("a later timeout counts from its call, for all stages, and never lengthens the first one (V4)", async () => {
    for (const [second, expected] of [
      [10, 30],
      [500, 100],
    ] as const) {
      const { clock, sleep } = watch();
      const supervisor = new Supervisor({ clock });
      for (const stage of [0, 1]) supervisor.createTask(deaf, { name: `stage ${stage}`, stage });
      const first = supervisor.shutdown({ timeout: 100 });
      await sleep(20);
      void supervisor.shutdown({ timeout: second });
      expect(await first).toEqual({ ...nothing, abandoned: ["stage 0", "stage 1"], elapsed: expected });
      expect(clock.pending).toBe(0);
    }
  });
});

describe("wrong options of a later shutdown", () => {
  it("wrong options of a later shutdown throw, and change nothing (V4)", async () => {
    const { clock, log, until } = watch();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(until("task"));
    const first = supervisor.shutdown({ grace: 20 });
    expect(() => supervisor.shutdown({ grace: 0, timeout: NaN })).toThrow(TypeError);
    expect(() => supervisor.shutdown({ grace: 0, requestedBy: {} as never })).toThrow(TypeError);
    await first;
    expect(log).toEqual(["20: task cancelled"]);
  });
});
