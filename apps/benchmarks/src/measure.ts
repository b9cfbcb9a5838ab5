/** How a process measures time. Each function returns what one item costs, in nanoseconds. */
import { performance } from "node:perf_hooks";
import { median } from "simple-statistics";
import { stopwatch, type Times } from "./clocks.js";
import type { Figure } from "./figure.js";
import { collectGarbage } from "./retained.js";
import { expectWork, resetWork } from "./work.js";

/** How much time a process may spend, in milliseconds. */
export interface Effort {
  /** Runs first, until the code is compiled; at least one run. */
  readonly warmUp: number;
  /** Is measured, in `BATCHES` parts; at least one run. */
  readonly measured: number;
  /** After this time no new batch begins. */
  readonly atMost: number;
}

/** Something that was prepared outside the measured time. */
export interface Trial {
  /** The part that is measured. */
  readonly run: () => unknown;
  readonly close?: () => unknown;
}

type Prepare = (n: number) => Trial | Promise<Trial>;

const BATCHES = 3;

/**
 * Measures `run`, which does `n` items: the median of three batches after a warm-up. Garbage collections that come by themselves are part
 * of the price; none is forced.
 *
 * @throws {Error} If a run does not start and end exactly `n` tasks.
 */
export function time(run: () => unknown, n: number, effort: Effort): Promise<Figure> {
  const batch = repeat(run, n);
  return timeBatches(batch, batch, n, effort);
}

/**
 * Does the same right after a full collection. V8 then has dropped the hidden classes that no object has, and the code that was compiled for
 * them.
 */
export function timeAfterCollection(run: () => unknown, n: number, effort: Effort): Promise<Figure> {
  const batch = repeat(run, n);
  const afterCollection: Batch = async (ms) => {
    await collectGarbage();
    return batch(ms);
  };
  return timeBatches(batch, afterCollection, n, effort);
}

/** Measures only the `run` of each trial, not what prepares it. */
export function timePrepared(prepare: Prepare, n: number, effort: Effort): Promise<Figure> {
  const batch = repeatPrepared(prepare, n);
  return timeBatches(batch, batch, n, effort);
}

/** The number of items with which every size is warmed up, so that the compiler has seen the same before each. */
const WARM_UP_SIZE = 10_000;

/** Measures `n` items, however many, after a warm-up with 10,000: what is compared is only their number. */
export function timeOfSize(prepare: Prepare, n: number, effort: Effort): Promise<Figure> {
  const warmUp = repeatPrepared(prepare, Math.min(n, WARM_UP_SIZE));
  return timeBatches(warmUp, repeatPrepared(prepare, n), n, effort);
}

/** Runs for so many milliseconds, at least once; returns the mean of one run. */
type Batch = (ms: number) => Promise<Times>;

async function timeBatches(warmUp: Batch, batch: Batch, n: number, effort: Effort): Promise<Figure> {
  const end = performance.now() + effort.atMost;
  await warmUp(effort.warmUp);
  const batches: Times[] = [];
  while (batches.length === 0 || (batches.length < BATCHES && performance.now() < end)) {
    batches.push(await batch(effort.measured / BATCHES));
  }
  const ofOne = (times: readonly number[]): number => (median([...times]) / n) * 1e6;
  const thread = batches.map((times) => times.thread).filter((ms) => ms !== undefined);
  return {
    value: ofOne(batches.map(({ wall }) => wall)),
    thread: thread.length === batches.length ? ofOne(thread) : undefined,
    process: ofOne(batches.map((times) => times.process)),
  };
}

function repeat(run: () => unknown, n: number): Batch {
  return async (ms) => {
    const elapsed = stopwatch();
    const end = performance.now() + ms;
    let runs = 0;
    do {
      resetWork();
      await run();
      expectWork(n, n);
      runs++;
    } while (performance.now() < end);
    return mean(elapsed(), runs);
  };
}

function repeatPrepared(prepare: Prepare, n: number): Batch {
  return async (ms) => {
    let total: Times = { wall: 0, thread: 0, process: 0 };
    let runs = 0;
    do {
      resetWork();
      const { run, close } = await prepare(n);
      const elapsed = stopwatch();
      await run();
      total = sum(total, elapsed());
      await close?.();
      expectWork(n, n);
      runs++;
    } while (total.wall < ms);
    return mean(total, runs);
  };
}

function mean({ wall, thread, process }: Times, runs: number): Times {
  return { wall: wall / runs, thread: thread === undefined ? undefined : thread / runs, process: process / runs };
}

function sum(one: Times, other: Times): Times {
  return {
    wall: one.wall + other.wall,
    thread: one.thread === undefined || other.thread === undefined ? undefined : one.thread + other.thread,
    process: one.process + other.process,
  };
}
