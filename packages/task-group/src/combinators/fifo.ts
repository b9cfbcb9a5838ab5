/** First in, first out, each in constant time: `Array.prototype.shift` moves all that is behind. */
export class Fifo<T> {
  #in: T[] = [];
  /** The next to come is the last here. */ #out: T[] = [];

  get isEmpty(): boolean {
    return this.#in.length + this.#out.length === 0;
  }

  push(item: T): void {
    this.#in.push(item);
  }

  shift(): T | undefined {
    if (this.#out.length === 0) {
      this.#out = this.#in.reverse();
      this.#in = [];
    }
    return this.#out.pop();
  }
}
