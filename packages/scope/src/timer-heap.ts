/** Something that waits for a time. */
export interface TimerEntry {
  /** Where the entry is in its heap; -1 while it is in none. */
  heapIndex: number;
  /** Whether the process is to stay alive for it. Does not change while the entry is in a heap. */
  readonly keepsAlive: boolean;
  /** Called when the time `key`, for which the entry was pushed, has come; the entry is out of the heap by then. */
  timePassed(key: number): void;
}

/** So few gaps are left alone, however few the entries. */
const FEW = 32;

/**
 * A binary heap of entries by time, first in first out among equal times.
 *
 * Most time limits are taken back before their time. So what is removed only leaves a gap where it was: the gaps are closed all at once, when there
 * are more of them than entries, or one by one when their time comes. Each removal then costs the same, however many wait.
 *
 * Keys lie beside the entries, not in them: an array of doubles is flat, a double in an object is an object of its own.
 */
export class TimerHeap {
  readonly #keys: number[] = [];
  readonly #orders: number[] = [];
  readonly #entries: (TimerEntry | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** No later than the earliest key; `Infinity` when empty. */
  get firstKey(): number {
    return this.#entries.length === 0 ? Infinity : this.#keys[0]!;
  }

  /** The earliest key; `Infinity` when empty. */
  earliestKey(): number {
    while (this.#size > 0 && this.#entries[0] === undefined) this.takeFirst();
    return this.firstKey;
  }

  /** Whether what is first here comes before what is first in the other heap. */
  isBefore(other: TimerHeap): boolean {
    return other.size === 0 || (this.#size > 0 && this.#isBefore(this.#keys[0]!, this.#orders[0]!, 0, other));
  }

  keyOf(entry: TimerEntry): number {
    return this.#keys[entry.heapIndex]!;
  }

  push(entry: TimerEntry, key: number, order: number): void {
    this.#size++;
    this.#rise(this.#entries.length, key, order, entry);
  }

  /** Takes out what has `firstKey`: an entry, or a gap, which is `undefined`. */
  takeFirst(): TimerEntry | undefined {
    const first = this.#entries[0];
    if (first !== undefined) this.#leave(first);
    const last = this.#entries.length - 1;
    const [key, order, entry] = [this.#keys[last]!, this.#orders[last]!, this.#entries[last]];
    this.#dropLast();
    this.#sink(0, key, order, entry);
    this.#dropLastGaps();
    return first;
  }

  remove(entry: TimerEntry): void {
    this.#leave(entry);
    this.#dropLastGaps();
    if (this.#entries.length > 2 * this.#size + FEW) this.#closeGaps();
  }

  #leave(entry: TimerEntry): void {
    this.#entries[entry.heapIndex] = undefined;
    entry.heapIndex = -1;
    this.#size--;
  }

  /** The last is an entry, therefore: a heap of none has no gaps. */
  #dropLastGaps(): void {
    while (this.#entries.length > 0 && this.#entries[this.#entries.length - 1] === undefined) this.#dropLast();
  }

  #dropLast(): void {
    this.#keys.pop();
    this.#orders.pop();
    this.#entries.pop();
  }

  #closeGaps(): void {
    const [keys, orders, entries] = [this.#keys.splice(0), this.#orders.splice(0), this.#entries.splice(0)];
    this.#size = 0;
    for (const [index, entry] of entries.entries()) {
      if (entry !== undefined) this.push(entry, keys[index]!, orders[index]!);
    }
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

  #sink(index: number, key: number, order: number, entry: TimerEntry | undefined): void {
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
    this.#put(to, this.#keys[from]!, this.#orders[from]!, this.#entries[from]);
  }

  #put(index: number, key: number, order: number, entry: TimerEntry | undefined): void {
    this.#keys[index] = key;
    this.#orders[index] = order;
    this.#entries[index] = entry;
    if (entry !== undefined) entry.heapIndex = index;
  }
}
