/** A queue whose operations take constant time. `Array.prototype.shift` would move all later elements. */
export class Fifo<T> {
  /** The elements that were pushed since `#out` was last filled, the oldest first. */
  #in: T[] = [];
  /** The older elements, the oldest last. */
  #out: T[] = [];

  get size(): number {
    return this.#in.length + this.#out.length;
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  push(item: T): void {
    this.#in.push(item);
  }

  /** Removes the oldest element. There must be one. */
  shift(): T {
    if (this.#out.length === 0) {
      this.#out = this.#in.reverse();
      this.#in = [];
    }
    return this.#out.pop()!;
  }
}
