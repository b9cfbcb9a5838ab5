import { checkNumber, type ItemSource } from "@selvage/scope/internal";
import { Countdown } from "./countdown.js";
import { Operator, type StreamOptions } from "./operator.js";
import type { Results } from "./output.js";

/**
 * Yields an item when no other one has followed it for `ms` milliseconds. An item that is followed by another one is superseded, and dropped: it goes to
 * `undelivered`. The last item is yielded when the source ends.
 *
 * The source is read all the time, also while nobody waits for an item. While an item waits to be read, it is not superseded; the next one is.
 *
 * **Cancellation**: leaving the loop releases the source, and waits for that. A cancellation of the parent does too, and rejects the pending `next()` with
 * the parent's `CancelledError`.
 *
 * Compare RxJS's `debounceTime`.
 *
 * @throws {TypeError | RangeError} If an argument is wrong. @throws {ClosedError} From the first `next()`, if the parent is closed.
 * @example
 * ```ts
 * import { debounce } from "@selvage/stream";
 *
 * const texts: string[] = [];
 * for await (const text of debounce(["s", "se", "sel"], 10)) texts.push(text);
 * console.assert(texts.join() === "sel");
 * ```
 */
export function debounce<T>(source: ItemSource<T>, ms: number, options: StreamOptions<NoInfer<T>> = {}): Results<T> {
  return new Rated<T>("debounce", source, ms, options).output;
}

/**
 * Yields at most one item every `ms` milliseconds: the first at once, and then the latest of each time. An item that is followed by another one before
 * its time is superseded, and dropped: it goes to `undelivered`. The last item is yielded when the source ends.
 *
 * The source is read all the time, also while nobody waits for an item. While an item waits to be read, it is not superseded; the next one is.
 *
 * **Cancellation**: leaving the loop releases the source, and waits for that. A cancellation of the parent does too, and rejects the pending `next()` with
 * the parent's `CancelledError`.
 *
 * Compare RxJS's `throttleTime` with `leading` and `trailing`. To slow a source down without losing items, use a `RateLimiter` of `@selvage/semaphore`.
 *
 * @throws {TypeError | RangeError} If an argument is wrong. @throws {ClosedError} From the first `next()`, if the parent is closed.
 * @example
 * ```ts
 * import { throttle } from "@selvage/stream";
 *
 * const percents: number[] = [];
 * for await (const percent of throttle([1, 2, 3, 100], 10)) percents.push(percent);
 * console.assert(percents.join() === "1,100");
 * ```
 */
export function throttle<T>(source: ItemSource<T>, ms: number, options: StreamOptions<NoInfer<T>> = {}): Results<T> {
  return new Rated<T>("throttle", source, ms, options).output;
}

class Rated<T> extends Operator<T, T> {
  readonly #isDebounce: boolean;
  readonly #ms: number;
  /** The latest item, if it was not yielded. */
  #latest: { readonly value: T } | undefined = undefined;
  /** While it runs, nothing is yielded: since the latest item (debounce), or since the last one that was yielded (throttle). */
  readonly #countdown: Countdown;

  constructor(kind: "debounce" | "throttle", source: ItemSource<T>, ms: number, options: StreamOptions<T>) {
    super(kind, [source], options);
    checkNumber("ms", ms, 0);
    this.#ms = ms;
    this.#isDebounce = kind === "debounce";
    // Not in an initializer: where fields are transformed, its names would be those of the constructor.
    this.#countdown = new Countdown(() => {
      this.#goOn();
    });
  }

  item(value: T): void {
    if (!this.isLive) {
      this.drop(value);
      return;
    }
    const superseded = this.#latest;
    this.#latest = { value };
    if (this.#isDebounce) this.#wait();
    if (superseded !== undefined) this.drop(superseded.value); // last, because `undelivered` may leave the loop
    this.#goOn();
    this.pull();
  }

  ended(): void {
    const latest = this.#latest;
    this.#latest = undefined;
    if (latest !== undefined) this.output._push(latest.value);
    this.finish();
  }

  taken(): void {
    this.#goOn();
  }

  dropped(value: T): void {
    this.drop(value);
  }

  protected override ending(): void {
    this.#countdown.clear();
    const latest = this.#latest;
    this.#latest = undefined;
    if (latest !== undefined) this.drop(latest.value);
  }

  /** Yields the latest item if its time has come, and no other one waits to be read. */
  #goOn(): void {
    const latest = this.#latest;
    if (latest === undefined || !this.isLive || this.#countdown.isRunning || this.output._unread > 0) return;
    this.#latest = undefined;
    this.output._push(latest.value);
    if (!this.#isDebounce) this.#wait();
  }

  #wait(): void {
    try {
      this.#countdown.start(this.scope.clock, this.#ms);
    } catch (error) {
      this.failed(error); // a clock that throws (C1)
    }
  }
}
