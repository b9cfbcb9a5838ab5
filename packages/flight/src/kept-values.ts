/** Values that are kept for a time, at most a number of them. The least recently used is dropped first (F5). */
export class KeptValues<K, V> {
  readonly #ttl: number;
  readonly #max: number;
  /** In order of use, the least recently used first. */
  readonly #values = new Map<K, { readonly value: V; readonly until: number }>();

  constructor(ttl: number, max: number) {
    this.#ttl = ttl;
    this.#max = max;
  }

  /** Returns a value that is kept, in an object; otherwise `undefined`. */
  get(key: K, now: number): { readonly value: V } | undefined {
    const kept = this.#values.get(key);
    if (kept === undefined) return undefined;
    this.#values.delete(key);
    if (now >= kept.until) return undefined;
    this.#values.set(key, kept); // the most recently used is last
    return kept;
  }

  set(key: K, value: V, now: number): void {
    this.#values.delete(key);
    if (this.#ttl <= 0) return;
    this.#values.set(key, { value, until: now + this.#ttl });
    if (this.#values.size <= this.#max) return;
    const [oldest] = this.#values.keys();
    this.#values.delete(oldest!);
  }

  delete(key: K): void {
    this.#values.delete(key);
  }

  clear(): void {
    this.#values.clear();
  }

  /** The keys whose values are still kept. */
  keys(now: number): K[] {
    for (const [key, { until }] of this.#values) if (now >= until) this.#values.delete(key);
    return [...this.#values.keys()];
  }
}
