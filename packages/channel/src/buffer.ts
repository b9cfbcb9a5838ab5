/** Items in order of arrival. All operations take constant time, and an empty buffer keeps nothing. */
export class Buffer<T> {
  /** The items that were pushed since `#out` was last filled, the oldest first. */
  #in: T[] = [];
  /** The older items, the oldest last. */
  #out: T[] = [];

  get size(): number {
    return this.#in.length + this.#out.length;
  }

  push(item: T): void {
    this.#in.push(item);
  }

  shift(): T {
    if (this.#out.length === 0) {
      this.#out = this.#in.reverse();
      this.#in = [];
    }
    return this.#out.pop()!;
  }
}
