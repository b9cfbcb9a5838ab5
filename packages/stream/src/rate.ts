import { checkNumber, type ItemSource } from "@selvage/scope/internal";
import { Alarm } from "@selvage/scope/lowlevel";
import { Operator, type StreamOptions } from "./operator.js";
import type { Results } from "./output.js";

/** Yields an item when no other one has followed it for `ms` milliseconds. See the tests of I9. */
export function debounce<T>(source: ItemSource<T>, ms: number, options: StreamOptions<NoInfer<T>> = {}): Results<T> {
  return new Rated<T>("debounce", source, ms, options).output;
}

/** Yields an item at most every `ms` milliseconds: the first at once, and then the latest. See the tests of I9. */
export function throttle<T>(source: ItemSource<T>, ms: number, options: StreamOptions<NoInfer<T>> = {}): Results<T> {
  return new Rated<T>("throttle", source, ms, options).output;
}

/** Yields the latest item when its time has come. An item that is followed by another before is superseded. */
class Rated<T> extends Operator<T, T> {
  readonly #isDebounce: boolean;
  readonly #ms: number;
  /** The latest item that was not yielded. */
  #latest: { readonly value: T } | undefined = undefined;
  #hasEnded = false;
  /** Set while an item must wait. */
  #alarm: Alarm | undefined = undefined;

  constructor(kind: "debounce" | "throttle", source: ItemSource<T>, ms: number, options: StreamOptions<T>) {
    super(kind, [source], options);
    checkNumber("ms", ms, 0);
    this.#ms = ms;
    this.#isDebounce = kind === "debounce";
  }

  item(value: T): void {
    if (!this.isLive) {
      this.drop(value);
      return;
    }
    this.#latest = { value };
    if (this.#isDebounce || this.#isWaiting) {
      if (!this.#isDebounce || this.#wait()) this.pumps[0]!.pull();
    } else {
      this.#goOn();
    }
  }

  ended(): void {
    this.#hasEnded = true;
    this.#clear();
    this.#goOn();
  }

  taken(): void {
    if (this.#hasEnded || !this.#isWaiting) this.#goOn();
    if (this.isLive) this.pumps[0]!.pull();
  }

  dropped(value: T): void {
    this.drop(value);
  }

  protected override ending(): void {
    this.#clear();
    if (this.#latest !== undefined) this.drop(this.#latest.value);
    this.#latest = undefined;
  }

  get #isWaiting(): boolean {
    return this.#alarm !== undefined && this.#alarm.when !== Infinity;
  }

  /** Yields the latest item, unless another one waits to be read. */
  #goOn(): void {
    if (!this.isLive || this.output.unread > 0) return;
    const latest = this.#latest;
    if (latest !== undefined) {
      this.#latest = undefined;
      if (!this.#isDebounce && !this.#hasEnded && !this.#wait()) return;
      this.output.push(latest.value);
    }
    if (this.#hasEnded) this.finish();
    else if (this.output.unread === 0) this.pumps[0]!.pull();
  }

  /** Waits for `ms` from now. Returns false if the clock throws, which fails the stream. */
  #wait(): boolean {
    try {
      const { clock } = this.scope;
      this.#alarm ??= new Alarm(
        () => {
          this.#goOn();
        },
        { clock, keepAlive: true },
      );
      const now = clock.now();
      this.#alarm.set(now + this.#ms, now);
      return true;
    } catch (error) {
      this.failed(error);
      return false;
    }
  }

  #clear(): void {
    try {
      this.#alarm?.clear();
    } catch {
      // The clock throws. When the alarm fires, there is nothing to yield.
    }
  }
}
