import { expected, Fifo, type ItemSource } from "@selvage/scope/internal";
import { Operator, type StreamOptions } from "./operator.js";
import type { Results } from "./output.js";

/** Merges sources. See the tests of I8. */
export function merge<T>(sources: readonly ItemSource<T>[], options: StreamOptions<NoInfer<T>> = {}): Results<T> {
  if (!Array.isArray(sources)) throw expected("The sources of merge", "an array", sources);
  return new Merging<T>("merge", [...(sources as readonly ItemSource<T>[])], options).output;
}

class Merging<T> extends Operator<T, T> {
  /** The sources whose item waits to be read, in the order of these items. */
  readonly #unread = new Fifo<number>();

  protected override opened(): void {
    if (this.pumps.length === 0) this.finish();
    else super.opened();
  }

  item(value: T, index: number): void {
    if (!this.isLive) {
      this.drop(value);
      return;
    }
    const isWanted = this.output.isWanted;
    if (!isWanted) this.#unread.push(index);
    this.output.push(value);
    if (isWanted) this.pumps[index]!.pull();
  }

  ended(): void {
    if (this.isLive && this.pumps.every((pump) => pump.isOver)) this.finish();
  }

  dropped(value: T): void {
    this.drop(value);
  }

  taken(): void {
    if (!this.#unread.isEmpty) this.pumps[this.#unread.shift()]!.pull();
  }
}
