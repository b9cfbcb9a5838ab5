import { checkCount, checkNumber, expected, type ItemSource } from "@selvage/scope/internal";
import { Countdown } from "./countdown.js";
import { Operator, type StreamOptions } from "./operator.js";
import type { Results } from "./output.js";

/** Options of {@link batch}. */
export interface BatchOptions<T> extends StreamOptions<T> {
  /** How many items a batch has at most. A positive integer. Required. */
  readonly size: number;
  /** How old the first item of a batch becomes at most before the batch is yielded, in milliseconds. Default: no limit. */
  readonly within?: number | undefined;
}

/**
 * Groups items into arrays. A batch is yielded when it is full, when its first item is `within` milliseconds old, or at the end of the source. If the source
 * fails, the items before the failure are yielded, and then `next()` rejects.
 *
 * While a batch waits to be read, the next one is filled, and then nothing is pulled.
 *
 * **Cancellation**: leaving the loop releases the source, and waits for that. A cancellation of the parent does too, and rejects the pending `next()` with
 * the parent's `CancelledError`. The items of batches that were not read go to `undelivered`.
 *
 * Compare `batch` of streaming-iterables, and RxJS's `bufferTime`.
 *
 * @throws {TypeError | RangeError} If an argument is wrong. @throws {ClosedError} From the first `next()`, if the parent is closed.
 * @example
 * ```ts
 * import { batch } from "@selvage/stream";
 *
 * const sizes: number[] = [];
 * for await (const rows of batch([1, 2, 3, 4, 5], { size: 2, within: 100 })) sizes.push(rows.length);
 * console.assert(sizes.join() === "2,2,1");
 * ```
 */
export function batch<T>(source: ItemSource<T>, options: BatchOptions<NoInfer<T>>): Results<T[]> {
  if ((options as unknown) === undefined) throw expected("The options of batch", "an object with a size", options);
  return new Batching<T>(source, options).output;
}

class Batching<T> extends Operator<T, T[]> {
  readonly #size: number;
  readonly #within: number;
  /** The items of the next batch. */
  #items: T[] = [];
  /** Whether the time of the first item is over, or the source has ended. Then the batch is yielded as soon as no other one waits. */
  #isDue = false;
  #hasEnded = false;
  readonly #countdown: Countdown;

  constructor(source: ItemSource<T>, options: BatchOptions<T>) {
    super("batch", [source], options);
    const { size, within = Infinity } = options;
    checkCount("size", size);
    checkNumber("within", within, 0);
    this.#size = size;
    this.#within = within;
    // Not in an initializer: where fields are transformed, its names would be those of the constructor.
    this.#countdown = new Countdown(() => {
      this.#isDue = this.#items.length > 0;
      this.#goOn();
    });
  }

  item(value: T): void {
    if (!this.isLive) {
      this.drop(value);
      return;
    }
    this.#items.push(value);
    if (this.#items.length === 1 && this.#within !== Infinity) {
      try {
        this.#countdown.start(this.scope.clock, this.#within);
      } catch (error) {
        this.failed(error); // a clock that throws (C1)
        return;
      }
    }
    this.#goOn();
  }

  ended(): void {
    this.#hasEnded = this.#isDue = true;
    this.#goOn();
  }

  taken(): void {
    this.#goOn();
  }

  dropped(items: T[]): void {
    for (const item of items) this.drop(item);
  }

  /** What came before a failure is yielded: nothing is lost. */
  override failed(error: unknown): void {
    if (this.isLive && this.#items.length > 0) this.#yield();
    super.failed(error, false);
  }

  protected override ending(): void {
    this.#countdown.clear();
    const items = this.#items;
    this.#items = [];
    for (const item of items) this.drop(item);
  }

  /** Yields the batch if it is due and no other one waits, and pulls while there is room in it. */
  #goOn(): void {
    if (!this.isLive) return;
    const { length } = this.#items;
    if (this.output._unread === 0 && length > 0 && (this.#isDue || length === this.#size)) this.#yield();
    if (this.#hasEnded) {
      if (this.#items.length === 0) this.finish();
    } else if (this.#items.length < this.#size) {
      this.pull();
    }
  }

  #yield(): void {
    const items = this.#items;
    this.#items = [];
    this.#isDue = this.#hasEnded;
    this.#countdown.clear();
    this.output._push(items);
  }
}
