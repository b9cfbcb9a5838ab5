import { expected, Fifo, type ItemSource } from "@selvage/scope/internal";
import { Operator, type StreamOptions } from "./operator.js";
import type { Results } from "./output.js";

/**
 * Yields the items of several sources as they arrive. Sources take turns: one item of each is pulled ahead, and the next only when that one was read. So a
 * source that always has an item starves no other one.
 *
 * It ends when all sources have ended. When one fails, the rest are released, and the pending `next()` rejects with its error.
 *
 * **Cancellation**: leaving the loop releases all sources, and waits for that. A cancellation of the parent does too, and rejects the pending `next()` with
 * the parent's `CancelledError`.
 *
 * Compare RxJS's `merge`, and `merge` of streaming-iterables.
 *
 * @throws {TypeError} If an argument is wrong. @throws {ClosedError} From the first `next()`, if the parent is closed.
 * @throws {ExceptionGroup} From `next()`, if several sources failed, or one could not be released.
 * @example
 * ```ts
 * import { merge } from "@selvage/stream";
 *
 * const items: unknown[] = [];
 * for await (const item of merge([[1, 2, 3], ["a", "b"]])) items.push(item);
 * console.assert(items.join() === "1,a,2,b,3");
 * ```
 */
export function merge<const S extends readonly ItemSource<unknown>[]>(
  sources: S,
  options: StreamOptions<ItemOf<S[number]>> = {},
): Results<ItemOf<S[number]>> {
  if (!Array.isArray(sources)) throw expected("The sources of merge", "an array", sources);
  return new Merging(sources, options).output;
}

/** The type of the items of a source. */
export type ItemOf<S> = S extends ItemSource<infer T> ? T : never;

class Merging<T> extends Operator<T, T> {
  /** The sources whose items were handed over, or wait to be read, in the order of these items. */
  readonly #order = new Fifo<number>();
  /** Whether sources are being pulled: a synchronous source answers at once. */
  #isPulling = true;
  /** How many sources have ended. */
  #over = 0;

  constructor(sources: readonly ItemSource<T>[], options: StreamOptions<T>) {
    super("merge", sources, options);
  }

  protected override opened(): void {
    super.opened();
    this.#isPulling = false;
    if (this.pumps.length === 0) this.finish();
    else if (this.output._isWanted) this.taken();
  }

  item(value: T, index: number): void {
    if (!this.isLive) {
      this.drop(value);
      return;
    }
    this.#order.push(index);
    this.output._push(value);
    if (this.output._isWanted) this.taken();
  }

  ended(): void {
    if (++this.#over === this.pumps.length && this.isLive) this.finish();
  }

  dropped(value: T): void {
    this.drop(value);
  }

  /** Pulls the sources whose items were read, once each, and again while more are waited for. */
  taken(): void {
    if (this.#isPulling) return;
    this.#isPulling = true;
    let mayPull: boolean;
    do {
      mayPull = this.mayPull();
      for (let read = this.#order.size - this.output._unread; mayPull && read > 0; read--) {
        this.pumps[this.#order.shift()]!.pull();
        mayPull = this.isLive;
      }
    } while (mayPull && this.output._isWanted && this.#order.size > 0);
    this.#isPulling = false;
  }

  protected override turned(): void {
    this.taken();
  }
}
