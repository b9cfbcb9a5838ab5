/** How a process measures: each of these returns one figure. */
import { performance } from "node:perf_hooks";
import { median } from "simple-statistics";
import type { LongLived } from "./programs.js";
import { expectWork, resetWork, turn, work } from "./work.js";

/** How much time a process may spend, in milliseconds. */
export interface Effort {
  /** Run first, to be compiled; at least one run. */
  readonly warmUp: number;
  /** Measured, in `batches`; at least one run. */
  readonly measured: number;
  /** After as much, what is begun is finished, and no more is begun. */
  readonly atMost: number;
  /** What is measured: the time that passes, or that for which the process, with all its threads, had a processor. */
  readonly clock: "wall" | "processor";
}

const BATCHES = 3;

/**
 * The time that `run` takes for each of its `n` tasks, in nanoseconds: the median of batches, each after a full collection. What a
 * collection costs later runs, by dropping hidden classes of which nothing is alive, is measured with them.
 *
 * @throws {Error} Where a run does other work than `n` tasks started and ended.
 */
export async function time(run: () => unknown, n: number, effort: Effort): Promise<number> {
  const started = performance.now();
  const clock = clocks[effort.clock];
  await repeat(run, n, effort.warmUp, clock);
  const batches: number[] = [];
  while (batches.length < BATCHES) {
    if (batches.length > 0 && performance.now() - started > effort.atMost) break;
    await collectGarbage();
    batches.push(await repeat(run, n, effort.measured / BATCHES, clock));
  }
  return (median(batches) / n) * 1e6;
}

/** In milliseconds. */
const clocks: Record<Effort["clock"], () => number> = {
  wall: () => performance.now(),
  processor() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
};

/** Runs it for so many milliseconds, once at least; returns the milliseconds that one run took. */
async function repeat(run: () => unknown, n: number, ms: number, clock: () => number): Promise<number> {
  const started = clock();
  let runs = 0;
  let elapsed: number;
  do {
    resetWork();
    await run();
    expectWork(n, n);
    runs++;
    elapsed = clock() - started;
  } while (elapsed < ms);
  return elapsed / runs;
}

/**
 * The memory that is retained for each of `n` things while they are held, in bytes.
 *
 * @param hold Makes them, and returns what lets them go.
 */
export async function retained(hold: (n: number) => Promise<() => unknown>, n: number): Promise<number> {
  resetWork();
  const releaseFirst = await hold(Math.ceil(n / 10)); // to be compiled
  await releaseFirst();
  resetWork();
  const before = await heapUsed();
  const release = await hold(n);
  const after = await heapUsed();
  await release();
  return (after - before) / n;
}

/**
 * The memory that is still retained for each of `n` things when all have come and gone, in bytes. Measures fewer, where so many take
 * longer than `effort` has time.
 */
export async function growth(open: () => Promise<LongLived> | LongLived, n: number, effort: Effort): Promise<number> {
  const owner = await open();
  const chunk = Math.min(n, 1_000);
  resetWork();
  for (let i = 0; i < 10; i++) await finish(owner, chunk);
  const before = await heapUsed();
  const started = performance.now();
  let finished = 0;
  while (finished < n && performance.now() - started < effort.atMost) {
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
  await turn(); // until the event loop has turned, what a WeakRef was made for is kept
}

/** The platform timers that are armed while `n` operations are under way at once. */
export async function armedTimers(
  start: (n: number, operation: () => Promise<void>) => Promise<unknown>,
  n: number,
): Promise<number> {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const before = countTimers();
  const all = start(n, () => gate);
  await turn();
  const armed = countTimers() - before;
  open();
  await all;
  return armed;
}

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}

async function heapUsed(): Promise<number> {
  await collectGarbage();
  await collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** The tests do without; `worker.ts` insists on it. */
async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 3; i++) await turn();
  globalThis.gc?.();
}
