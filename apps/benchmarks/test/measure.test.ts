import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { armedTimers, growth, retained, time, timeAfterCollection, type Effort } from "../src/measure.js";
import type { LongLived } from "../src/programs.js";
import { resolved, work } from "../src/work.js";

// As worker.ts has it.
setFlagsFromString("--expose-gc");
globalThis.gc = runInNewContext("gc") as typeof gc;

const effort: Effort = { warmUp: 0, measured: 0, atMost: 1_000, clock: "wall" };

function doWork(started: number, ended = started): void {
  work.started += started;
  work.ended += ended;
}

describe.each([{ time }, { time: timeAfterCollection }])("$time.name", ({ time }) => {
  it("gives the time of one task, in nanoseconds", async () => {
    const run = async (): Promise<void> => {
      doWork(4);
      const end = performance.now() + 4;
      while (performance.now() < end) await resolved;
    };
    const figure = await time(run, 4, effort);
    expect(figure).toBeGreaterThanOrEqual(1e6);
  });

  it.each([
    ["too few started", 2, 2],
    ["too many", 4, 4],
    ["some not ended", 3, 2],
  ])("refuses other work than was asked for: %s", async (_, started, ended) => {
    const lying = (): void => doWork(started, ended);
    await expect(time(lying, 3, effort)).rejects.toThrow(
      `expected 3 tasks started and 3 ended, got ${started} started and ${ended} ended`,
    );
  });

  it("warms up, and measures three batches", async () => {
    let runs = 0;
    const run = (): void => {
      runs++;
      doWork(1);
    };
    await time(run, 1, effort);
    expect(runs).toBe(1 + 3);
  });

  it("measures at least one batch, whatever it takes", async () => {
    let runs = 0;
    const run = (): void => {
      runs++;
      doWork(1);
    };
    await time(run, 1, { ...effort, atMost: -1 });
    expect(runs).toBe(1 + 1);
  });

  it("can measure the time of the processor", async () => {
    const idle = async (): Promise<void> => {
      doWork(1);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    };
    const figure = await time(idle, 1, { ...effort, clock: "processor" });
    expect(figure).toBeGreaterThanOrEqual(0);
  });
});

/** A little more than 8 kB. */
function eightKilobytes(): number[] {
  return Array.from({ length: 1_000 }, () => Math.random());
}

describe("retained", () => {
  it("finds what is held, for each, and lets it go", async () => {
    const held: unknown[] = [];
    const hold = (n: number): Promise<() => void> => {
      for (let i = 0; i < n; i++) {
        held.push(eightKilobytes());
        eightKilobytes();
      }
      return Promise.resolve(() => (held.length = 0));
    };
    const figure = await retained(hold, 4_000);
    // Between the two readings, other garbage is collected, too: some tens of kilobytes in all.
    expect(figure).toBeGreaterThan(7_500);
    expect(figure).toBeLessThan(9_000);
    expect(held).toEqual([]);
  });
});

describe("growth", () => {
  const leak: unknown[] = [];

  function comeAndGo(keep: boolean): LongLived {
    return {
      finish(n) {
        doWork(n);
        for (let i = 0; i < n; i++) {
          const some = eightKilobytes();
          if (keep) leak.push(some);
        }
        return Promise.resolve();
      },
      close: () => (leak.length = 0),
    };
  }

  it("finds what is left of each", async () => {
    const figure = await growth(() => comeAndGo(true), 500);
    // Between the two readings, other garbage is collected, too: some tens of kilobytes in all.
    expect(figure).toBeGreaterThan(7_500);
    expect(figure).toBeLessThan(9_000);
    expect(leak).toEqual([]);
  });

  it("finds nothing where nothing is left", async () => {
    expect(await growth(() => comeAndGo(false), 500)).toBeLessThan(500);
  });

  it("refuses who does not finish what it should", async () => {
    const idle = { finish: () => Promise.resolve(), close: () => {} };
    await expect(growth(() => idle, 10)).rejects.toThrow("expected 10 tasks started");
  });
});

describe("armedTimers", () => {
  it("counts those that are armed, whether or not they keep the process alive, and no others", async () => {
    const start = async (n: number, operation: () => Promise<void>): Promise<void> => {
      const timers = Array.from({ length: n }, () => setTimeout(() => {}, 60_000).unref());
      clearTimeout(timers.pop());
      await operation();
      for (const timer of timers) clearTimeout(timer);
    };
    expect(await armedTimers(start, 5)).toBe(4);
  });
});
