import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { type Effort, time, timeAfterCollection, timeOfSize, timePrepared, type Trial } from "../src/measure.js";
import { resolved, work } from "../src/work.js";

// As worker.ts has it.
setFlagsFromString("--expose-gc");
globalThis.gc = runInNewContext("gc") as typeof gc;

const effort: Effort = { warmUp: 0, measured: 0, atMost: 1_000 };

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
    expect(figure.value).toBeGreaterThanOrEqual(1e6);
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

  it("measures processor time beside wall time", async () => {
    const idle = async (): Promise<void> => {
      doWork(1);
      await new Promise((resolve) => {
        setTimeout(resolve, 30);
      });
    };
    const figure = await time(idle, 1, effort);
    expect(figure.value).toBeGreaterThan(25e6);
    expect(figure.process).toBeLessThan(figure.value);
  });
});

describe("timePrepared", () => {
  it("measures neither what prepares a trial nor what closes it", async () => {
    const slow = (): void => {
      const end = performance.now() + 20;
      while (performance.now() < end);
    };
    const prepare = (n: number): Trial => {
      slow();
      return { run: () => doWork(n), close: slow };
    };
    expect((await timePrepared(prepare, 1, effort)).value).toBeLessThan(20e6);
  });
});

describe("timeOfSize", () => {
  it("warms up with no more than 10,000 items", async () => {
    const sizes: number[] = [];
    const prepare = (n: number): Trial => {
      sizes.push(n);
      return { run: () => doWork(n) };
    };
    await timeOfSize(prepare, 100_000, effort);
    expect(sizes).toEqual([10_000, 100_000, 100_000, 100_000]);
  });
});
