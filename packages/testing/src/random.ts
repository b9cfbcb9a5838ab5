import { describeValue } from "@selvage/scope/internal";

/** The largest seed: a seed is a whole number of 32 bits. */
const LARGEST_SEED = 2 ** 32 - 1;

/**
 * Numbers from 0 to 1 that look random and follow from the seed alone, on every machine: mulberry32, by Tommy Ettinger, which
 * is 32-bit integer arithmetic throughout. Published seeds stay good only as long as this stays as it is.
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

/** The array in an order drawn from `random`, each equally likely. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as T);
}

export function checkSeed(seed: unknown): void {
  if (typeof seed !== "number") throw new TypeError(`A seed must be a number, got ${describeValue(seed)}.`);
  if (Number.isInteger(seed) && seed >= 0 && seed <= LARGEST_SEED) return;
  throw new RangeError(`A seed must be a whole number from 0 to ${LARGEST_SEED}, got ${seed}.`);
}
