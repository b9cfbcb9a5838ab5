/** Something that waits for a time. */
export interface TimerEntry {
  /** Where the entry is in its heap; -1 while it is in none. */
  heapIndex: number;
  /** Whether the process is to stay alive for it. Does not change while the entry is in a heap. */
  readonly keepsAlive: boolean;
  /** Called when the time `key`, for which the entry was pushed, has come; the entry is out of the heap by then. */
  timePassed(key: number): void;
}

/**
 * A binary heap of entries by time, first in first out among equal times.
 *
 * Keys lie beside the entries, not in them: an array of doubles is flat, a double in an object is an object of its own.
 */
export class TimerHeap {
  readonly #keys: number[] = [];
  readonly #orders: number[] = [];
  readonly #entries: TimerEntry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest key; `Infinity` when empty. */
  get firstKey(): number {
    return this.#entries.length === 0 ? Infinity : this.#keys[0]!;
  }

  /** Whether the earliest entry comes before the earliest of the other heap. */
  isBefore(other: TimerHeap): boolean {
    return other.size === 0 || (this.size > 0 && this.#isBefore(this.#keys[0]!, this.#orders[0]!, 0, other));
  }

  keyOf(entry: TimerEntry): number {
    return this.#keys[entry.heapIndex]!;
  }

  push(entry: TimerEntry, key: number, order: number): void {
    this.#rise(this.#entries.length, key, order, entry);
  }

  /** The earliest entry. */
  get first(): TimerEntry {
    return this.#entries[0]!;
  }

  remove(entry: TimerEntry): void {
    const index = entry.heapIndex;
    entry.heapIndex = -1;
    const key = this.#keys.pop()!;
    const order = this.#orders.pop()!;
    const last = this.#entries.pop()!;
    if (last === entry) return;
    if (index > 0 && this.#isBefore(key, order, (index - 1) >> 1)) this.#rise(index, key, order, last);
    else this.#sink(index, key, order, last);
  }

  #isBefore(key: number, order: number, index: number, heap: TimerHeap = this): boolean {
    const other = heap.#keys[index]!;
    return key < other || (key === other && order < heap.#orders[index]!);
  }

  #rise(index: number, key: number, order: number, entry: TimerEntry): void {
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(key, order, parent)) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#put(index, key, order, entry);
  }

  #sink(index: number, key: number, order: number, entry: TimerEntry): void {
    const size = this.#entries.length;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isBefore(this.#keys[child + 1]!, this.#orders[child + 1]!, child)) {
        child++;
      }
      if (this.#isBefore(key, order, child)) break;
      this.#move(child, index);
      index = child;
    }
    this.#put(index, key, order, entry);
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#keys[from]!, this.#orders[from]!, this.#entries[from]!);
  }

  #put(index: number, key: number, order: number, entry: TimerEntry): void {
    this.#keys[index] = key;
    this.#orders[index] = order;
    this.#entries[index] = entry;
    entry.heapIndex = index;
  }
}
