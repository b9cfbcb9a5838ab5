/** How a process measures memory, in bytes of the heap. */
import { performance } from "node:perf_hooks";
import { median } from "simple-statistics";
import type { LongLived } from "./programs.js";
import { expectWork, resetWork, turn, work } from "./work.js";

/**
 * The bytes that are retained for each of `n` things while they are held.
 *
 * @param hold Makes them, and returns what releases them.
 */
export async function retained(hold: (n: number) => Promise<() => unknown>, n: number): Promise<number> {
  resetWork();
  const releaseFirst = await hold(Math.ceil(n / 10)); // until the code is compiled
  await releaseFirst();
  resetWork();
  const before = await heapUsed();
  const release = await hold(n);
  const after = await heapUsed();
  await release();
  return (after - before) / n;
}

const WARM_UPS = 20;
const ALLOCATING_RUNS = 3;

/**
 * The bytes that a run allocates for each of its `n` items. The young generation must be large enough that nothing is collected during a run:
 * see the `nodeFlags` of the case.
 */
export async function allocated(run: () => unknown, n: number): Promise<number> {
  const once = async (): Promise<void> => {
    resetWork();
    await run();
    expectWork(n, n);
  };
  for (let i = 0; i < WARM_UPS; i++) await once();
  const figures: number[] = [];
  for (let i = 0; i < ALLOCATING_RUNS; i++) {
    const before = await heapUsed();
    await once();
    figures.push(process.memoryUsage().heapUsed - before);
  }
  return median(figures) / n;
}

/** For how many milliseconds things come and go at most. */
const COMING_AND_GOING = 12_000;

/** The bytes that are left of each of `n` things that came and went; of fewer things if so many take too long. */
export async function leftBehind(open: () => Promise<LongLived> | LongLived, n: number): Promise<number> {
  const owner = await open();
  const chunk = Math.min(n, 1_000);
  resetWork();
  for (let i = 0; i < 10; i++) await finish(owner, chunk);
  const before = await heapUsed();
  const started = performance.now();
  let finished = 0;
  while (finished < n && performance.now() - started < COMING_AND_GOING) {
    await finish(owner, chunk);
    finished += chunk;
  }
  const after = await heapUsed();
  await owner.close();
  return (after - before) / finished;
}

async function finish(owner: LongLived, n: number): Promise<void> {
  const before = work.ended;
  await owner.finish(n);
  expectWork(before + n, before + n);
  await turn(); // the target of a WeakRef is kept until the event loop has turned
}

async function heapUsed(): Promise<number> {
  await collectGarbage();
  await collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Collects all garbage, if the process allows that: `worker.ts` insists on it. */
export async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 3; i++) await turn();
  globalThis.gc?.();
}
