import type { Clock } from "@selvage/scope";
import { VirtualClock } from "@selvage/testing";
import { describe, expect, it } from "vitest";
import { CancelScope, type ShutdownReport, Supervisor } from "../src/index.js";
import { uncaughtDuring } from "@selvage/test-support/uncaught";
import { deaf } from "./watch.js";

type Member = "now" | "setTimer" | "clearTimer";

/** A virtual clock whose members can be made to throw. */
class BreakableClock implements Clock {
  readonly virtual = new VirtualClock();
  readonly broken = new Set<Member>();

  now(): number {
    return this.#call("now").now();
  }

  setTimer(callback: () => void, delay: number): unknown {
    return this.#call("setTimer").setTimer(callback, delay);
  }

  clearTimer(timer: unknown): void {
    this.#call("clearTimer").clearTimer(timer);
  }

  #call(member: Member): VirtualClock {
    if (this.broken.has(member)) throw new Error(`${member} is broken`);
    return this.virtual;
  }
}

/** Runs until no timer is left, and returns what was reported as uncaught: the clock's errors, without repetitions. */
async function reported(body: () => Promise<void>): Promise<string[]> {
  const uncaught = await uncaughtDuring(body);
  return [...new Set(uncaught.map(String))];
}

const waits = (scope: CancelScope): Promise<void> => scope.race(new Promise<never>(() => {}));

describe("a shutdown on a clock that throws", () => {
  it("a clock that throws from the beginning makes the shutdown cancel stage by stage without grace, and end (C1, V4)", async () => {
    const clock = new BreakableClock();
    const supervisor = new Supervisor({ clock });
    const tasks = [0, 1].map((stage) => supervisor.createTask(waits, { stage, grace: 1_000 }));
    let notified = 0;
    supervisor.onShutdown(() => notified++);
    clock.broken.add("now");
    let report: ShutdownReport | undefined;
    const errors = await reported(async () => {
      const shutdown = supervisor.shutdown({ grace: 100 });
      expect([notified, supervisor.stopping]).toEqual([1, true]);
      expect(tasks.map((task) => task.scope.cancelled)).toEqual([true, false]);
      report = await shutdown;
    });
    expect(report).toEqual({ completed: 0, failed: 0, cancelled: 2, abandoned: [], elapsed: 0 });
    expect(errors).toEqual(["Error: now is broken"]);
    await supervisor.join();
  });

  it("a clock that throws at a stage's turn makes the shutdown cancel that stage at once (C1, V4)", async () => {
    const clock = new BreakableClock();
    const supervisor = new Supervisor({ clock });
    let end: () => void = () => {};
    supervisor.createTask(() => new Promise<void>((resolve) => (end = resolve)));
    const pool = supervisor.createTask(waits, { stage: 1 });
    const shutdown = supervisor.shutdown({ grace: Infinity });
    clock.broken.add("now");
    let report: ShutdownReport | undefined;
    const errors = await reported(async () => {
      end();
      report = await shutdown;
    });
    expect(report).toMatchObject({ completed: 1, cancelled: 1, elapsed: 0 });
    expect(errors).toEqual(["Error: now is broken"]);
    expect(pool.scope.reason).toBe(supervisor.scope.reason);
  });

  it("a clock that sets no timer makes the shutdown cancel at once what would have a grace (C1, V4)", async () => {
    const clock = new BreakableClock();
    const supervisor = new Supervisor({ clock });
    const [task, endless] = [100, Infinity].map((grace) => supervisor.createTask(waits, { grace }));
    clock.broken.add("setTimer");
    const errors = await reported(async () => {
      void supervisor.shutdown();
    });
    expect(errors).toEqual(["Error: setTimer is broken"]);
    expect([task!.scope.cancelled, endless!.scope.cancelled]).toEqual([true, false]);
    clock.broken.clear();
    expect(await supervisor.shutdown()).toMatchObject({ cancelled: 2, elapsed: 0 });
  });

  it("a clock that sets no timer for the timeout leaves the shutdown no time (C1, V4)", async () => {
    const clock = new BreakableClock();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(deaf, { name: "deaf" });
    clock.broken.add("setTimer");
    let report: ShutdownReport | undefined;
    const errors = await reported(async () => {
      report = await supervisor.shutdown({ timeout: 50 });
    });
    expect(report).toMatchObject({ abandoned: ["deaf"] });
    expect(errors).toEqual(["Error: setTimer is broken"]);
  });

  it("a clock that throws in a later call ends the grace of the stage whose turn it is (C1, V4)", async () => {
    const clock = new BreakableClock();
    const supervisor = new Supervisor({ clock });
    supervisor.createTask(waits);
    const first = supervisor.shutdown({ grace: 100 });
    let second: Promise<ShutdownReport> | undefined;
    const errors = await reported(async () => {
      clock.broken.add("now");
      second = supervisor.shutdown({ grace: 100 });
      clock.broken.clear();
      await first;
    });
    expect(await first).toMatchObject({ cancelled: 1, elapsed: 0 });
    expect(await second).toEqual(await first);
    expect(errors).toEqual(["Error: now is broken"]);
  });

  it.each<Member>(["now", "clearTimer"])(
    "a clock that throws at the end (%s) does not prevent the report (C1, V4, V5)",
    async (member) => {
      const clock = new BreakableClock();
      const supervisor = new Supervisor({ clock, onError: () => {} });
      let end: () => void = () => {};
      supervisor.createTask(() => new Promise<void>((resolve) => (end = resolve)), { grace: Infinity });
      const shutdown = supervisor.shutdown({ timeout: 100 });
      await clock.virtual.advance(10);
      let report: ShutdownReport | undefined;
      const errors = await reported(async () => {
        clock.broken.add(member);
        end();
        report = await shutdown;
      });
      expect(report).toMatchObject({ abandoned: [], elapsed: member === "now" ? 0 : 10 });
      expect(errors).toContain(`Error: ${member} is broken`);
      clock.broken.clear();
      await supervisor.join();
    },
  );

  it("a drain begins a shutdown also on a clock that throws (C1, V11)", async () => {
    const clock = new BreakableClock();
    using parent = new CancelScope({ clock });
    const supervisor = new Supervisor({ parent, drain: { grace: 100 } });
    const task = supervisor.createTask(waits);
    const errors = await reported(async () => {
      clock.broken.add("now");
      parent.cancel("SIGTERM");
      await supervisor.join();
      clock.broken.clear();
    });
    expect(errors).toEqual(["Error: now is broken"]);
    expect([task.status, supervisor.scope.reason?.cause]).toEqual(["cancelled", parent.reason]);
  });
});
