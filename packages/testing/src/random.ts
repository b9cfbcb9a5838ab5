import { describeValue } from "@selvage/scope/internal";

/** The largest seed. A seed is a whole number of 32 bits. */
const LARGEST_SEED = 2 ** 32 - 1;

/**
 * Returns a source of pseudo-random numbers from 0 to 1, which depend only on the seed. The algorithm is mulberry32, by Tommy Ettinger. It uses
 * only 32-bit integer arithmetic, so the numbers are the same on every machine. Do not change it: published seeds would no longer reproduce their
 * runs.
 */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns a shuffled copy of an array. All orders are equally likely. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as T);
}

/** Throws unless a seed is a whole number of 32 bits. */
export function checkSeed(seed: unknown): void {
  if (typeof seed !== "number") throw new TypeError(`A seed must be a number, got ${describeValue(seed)}.`);
  if (Number.isInteger(seed) && seed >= 0 && seed <= LARGEST_SEED) return;
  throw new RangeError(`A seed must be a whole number from 0 to ${LARGEST_SEED}, got ${seed}.`);
}
