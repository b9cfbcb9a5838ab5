/** How a process measures: each of these returns one figure. */
import { createHook } from "node:async_hooks";
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

/** For how many milliseconds things come and go at most, to see what they leave behind. */
const COMING_AND_GOING = 2_000;

/**
 * The time that `run` takes for each of its `n` tasks, in nanoseconds: the median of three batches, once it has been compiled. What
 * garbage collections come meanwhile are part of the price; none is forced.
 *
 * @throws {Error} Where a run does other work than `n` tasks started and ended.
 */
export async function time(run: () => unknown, n: number, effort: Effort): Promise<number> {
  return timeBatches(run, n, effort, () => {});
}

/**
 * The same, each batch right after a full collection: V8 then drops the hidden classes of which nothing is alive, and throws away
 * the code that was compiled for them.
 */
export async function timeAfterCollection(run: () => unknown, n: number, effort: Effort): Promise<number> {
  return timeBatches(run, n, effort, collectGarbage);
}

async function timeBatches(
  run: () => unknown,
  n: number,
  { warmUp, measured, atMost, clock }: Effort,
  prepare: () => unknown,
): Promise<number> {
  const now = clocks[clock];
  const end = now() + atMost;
  await repeat(run, n, warmUp, now);
  const batches: number[] = [];
  while (batches.length === 0 || (batches.length < BATCHES && now() < end)) {
    await prepare();
    batches.push(await repeat(run, n, measured / BATCHES, now));
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
async function repeat(run: () => unknown, n: number, ms: number, now: () => number): Promise<number> {
  const started = now();
  let runs = 0;
  let elapsed: number;
  do {
    resetWork();
    await run();
    expectWork(n, n);
    runs++;
    elapsed = now() - started;
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
 * The memory that is still retained for each of `n` things when all have come and gone, in bytes; of fewer, where so many take
 * too long.
 */
export async function growth(open: () => Promise<LongLived> | LongLived, n: number): Promise<number> {
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
  // Of those that do not keep the process alive, Node's list of active resources says nothing.
  const armed = new Set<number>();
  const hook = createHook({
    init(id, type) {
      if (type === "Timeout") armed.add(id);
    },
    destroy(id) {
      armed.delete(id);
    },
  }).enable();
  const all = start(n, () => gate);
  await turn();
  await turn(); // until then Node keeps to itself what was cleared
  const figure = armed.size;
  hook.disable();
  open();
  await all;
  return figure;
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
