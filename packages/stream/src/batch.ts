import { checkCount, checkNumber, expected, type ItemSource } from "@selvage/scope/internal";
import { Alarm } from "@selvage/scope/lowlevel";
import { Operator, type StreamOptions } from "./operator.js";
import type { Results } from "./output.js";

/** Options of {@link batch}. */
export interface BatchOptions<T> extends StreamOptions<T> {
  /** How many items a batch has at most. A positive integer. */
  readonly size: number;
  /** How old the first item of a batch becomes at most before the batch is yielded, in milliseconds. Default: no limit. */
  readonly within?: number | undefined;
}

/** Groups items into arrays. See the tests of I9. */
export function batch<T>(source: ItemSource<T>, options: BatchOptions<NoInfer<T>>): Results<T[]> {
  if ((options as unknown) === undefined) throw expected("The options of batch", "an object with a size", options);
  return new Batching<T>(source, options).output;
}

class Batching<T> extends Operator<T, T[]> {
  readonly #size: number;
  readonly #within: number;
  /** The items of the next batch. */
  #items: T[] = [];
  /** Whether the time of the first item is over, or the source has ended. Then the batch is yielded as soon as there is room. */
  #isDue = false;
  #hasEnded = false;
  #alarm: Alarm | undefined = undefined;

  constructor(source: ItemSource<T>, options: BatchOptions<T>) {
    super("batch", [source], options);
    const { size, within = Infinity } = options;
    checkCount("size", size);
    checkNumber("within", within, 0);
    this.#size = size;
    this.#within = within;
  }

  item(value: T): void {
    if (!this.isLive) {
      this.drop(value);
      return;
    }
    this.#items.push(value);
    if (this.#items.length === 1 && !this.#setAlarm()) return;
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

  protected override ending(): void {
    this.#clearAlarm();
    const items = this.#items;
    this.#items = [];
    for (const item of items) this.drop(item);
  }

  /** Yields the batch if it is due and no other one waits, and pulls while there is room in it. */
  #goOn(): void {
    if (!this.isLive) return;
    if (this.output.unread === 0 && this.#items.length > 0 && (this.#isDue || this.#items.length === this.#size)) {
      const items = this.#items;
      this.#items = [];
      this.#isDue = this.#hasEnded;
      this.#clearAlarm();
      this.output.push(items);
    }
    if (this.#hasEnded) {
      if (this.#items.length === 0) this.finish();
    } else if (this.#items.length < this.#size) {
      this.pumps[0]!.pull();
    }
  }

  /** Returns false if the clock throws, which fails the stream. */
  #setAlarm(): boolean {
    if (this.#within === Infinity) return true;
    try {
      const { clock } = this.scope;
      this.#alarm ??= new Alarm(
        () => {
          this.#isDue = this.#items.length > 0;
          this.#goOn();
        },
        { clock, keepAlive: true },
      );
      const now = clock.now();
      this.#alarm.set(now + this.#within, now);
      return true;
    } catch (error) {
      this.failed(error);
      return false;
    }
  }

  #clearAlarm(): void {
    try {
      this.#alarm?.clear();
    } catch {
      // The clock throws. When the alarm fires, there is nothing to yield.
    }
  }
}
