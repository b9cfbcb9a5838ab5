import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { LongLived } from "../src/programs.js";
import { allocated, leftBehind, retained } from "../src/retained.js";
import { work } from "../src/work.js";

// As worker.ts has it.
setFlagsFromString("--expose-gc");
globalThis.gc = runInNewContext("gc") as typeof gc;

function doWork(n: number): void {
  work.started += n;
  work.ended += n;
}

/** A little more than 8 kB. */
function eightKilobytes(): number[] {
  return Array.from({ length: 1_000 }, () => Math.random());
}

/**
 * Less than two of them. The heap is the whole process's: between two readings, the test runner allocates too, on a
 * busy machine a few hundred kilobytes.
 */
const ONE_AND_NOISE = 15_000;

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
    expect(figure).toBeGreaterThan(7_500);
    expect(figure).toBeLessThan(ONE_AND_NOISE);
    expect(held).toEqual([]);
  });
});

describe("leftBehind", () => {
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
    const figure = await leftBehind(() => comeAndGo(true), 500);
    expect(figure).toBeGreaterThan(7_500);
    expect(figure).toBeLessThan(ONE_AND_NOISE);
    expect(leak).toEqual([]);
  });

  it("finds nothing where nothing is left", async () => {
    expect(await leftBehind(() => comeAndGo(false), 500)).toBeLessThan(7_500);
  });

  it("refuses an owner that does not finish its things", async () => {
    const idle = { finish: () => Promise.resolve(), close: () => {} };
    await expect(leftBehind(() => idle, 10)).rejects.toThrow("expected 10 tasks started");
  });
});

describe("allocated", () => {
  let last: number[] = [];

  it("finds what a run allocates, garbage included", async () => {
    const run = (): void => {
      doWork(200);
      for (let i = 0; i < 200; i++) last = new Array<number>(1_000).fill(i);
    };
    const figure = await allocated(run, 200);
    expect(last).toHaveLength(1_000);
    expect(figure).toBeGreaterThan(7_500);
    expect(figure).toBeLessThan(ONE_AND_NOISE);
  });
});
