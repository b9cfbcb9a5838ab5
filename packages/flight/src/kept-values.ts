import type { Clock } from "@selvage/scope";
import { SAME_TIME, TimeShift } from "@selvage/scope/internal";

/** A value, and when it is dropped. */
interface Kept<V> {
  readonly value: V;
  until: number;
}

/** Values that are kept for a time, at most a number of them. The least recently used is dropped first (F5). */
export class KeptValues<K, V> {
  readonly #ttl: number;
  readonly #max: number;
  /** In order of use, the least recently used first. */
  readonly #byUse = new Map<K, Kept<V>>();
  /** The same in order of arrival, so that the first ones are the first whose time is over. */
  readonly #byAge = new Map<K, Kept<V>>();
  readonly #shift = new TimeShift();

  constructor(ttl: number, max: number) {
    this.#ttl = ttl;
    this.#max = max;
  }

  /** Returns a value that is kept, in an object; otherwise `undefined`. */
  get(key: K, clock: Clock): { readonly value: V } | undefined {
    this.#dropOld(clock);
    const kept = this.#byUse.get(key);
    if (kept === undefined) return undefined;
    this.#byUse.delete(key);
    this.#byUse.set(key, kept); // the most recently used is last
    return kept;
  }

  set(key: K, value: V, clock: Clock): void {
    const now = this.#dropOld(clock);
    this.delete(key);
    if (this.#ttl <= 0) return;
    const kept = { value, until: now + this.#ttl };
    this.#byUse.set(key, kept);
    this.#byAge.set(key, kept);
    if (this.#byUse.size <= this.#max) return;
    const [oldest] = this.#byUse.keys();
    this.delete(oldest!);
  }

  delete(key: K): void {
    this.#byUse.delete(key);
    this.#byAge.delete(key);
  }

  clear(): void {
    this.#byUse.clear();
    this.#byAge.clear();
  }

  /** The keys whose values are kept. */
  keys(clock: Clock): Iterable<K> {
    this.#dropOld(clock);
    return this.#byUse.keys();
  }

  /** Drops the values whose time is over, and returns the time. If the clock was replaced or has gone back, the rest of each value's time stays the same. */
  #dropOld(clock: Clock): number {
    const now = clock.now();
    const shift = this.#shift.record(clock, now);
    if (shift !== 0) for (const kept of this.#byAge.values()) kept.until += shift;
    for (const [key, { until }] of this.#byAge) {
      if (until > now + SAME_TIME) break;
      this.delete(key);
    }
    return now;
  }
}
