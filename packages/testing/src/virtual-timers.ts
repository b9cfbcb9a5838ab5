/** A timer of a virtual clock. `setTimer` returns it as an opaque handle. */
export class VirtualTimer {
  readonly callback: () => void;
  /** The time at which it fires; `Infinity` for never. */
  readonly due: number;
  /** A random number with a seed, otherwise 0. Timers that are due together fire in this order. */
  readonly rank: number;
  /** The number of timers that were set before it. */
  readonly order: number;

  constructor(callback: () => void, due: number, rank: number, order: number) {
    this.callback = callback;
    this.due = due;
    this.rank = rank;
    this.order = order;
  }
}

/** Timers in order of due time. Timers that are due together are in order of rank, and then in the order in which they were set. */
export class VirtualTimers {
  /** The pending timers. The next one is last, so that taking it does not move the others. */
  readonly #timers: VirtualTimer[] = [];
  #order = 0;

  get size(): number {
    return this.#timers.length;
  }

  /** When the next timer is due; `Infinity` if there is none, or only timers that never fire. */
  get next(): number {
    return this.#timers.at(-1)?.due ?? Infinity;
  }

  add(callback: () => void, due: number, rank: number): VirtualTimer {
    const timer = new VirtualTimer(callback, due, rank, this.#order++);
    this.#timers.splice(this.#position(timer), 0, timer);
    return timer;
  }

  /** Removes and returns the next timer; `undefined` if there is none. */
  take(): VirtualTimer | undefined {
    return this.#timers.pop();
  }

  /** Removes a timer. Returns false for anything else, such as a timer of another clock or one that has fired. */
  remove(timer: unknown): boolean {
    if (!(timer instanceof VirtualTimer)) return false;
    const position = this.#position(timer);
    if (this.#timers[position] !== timer) return false;
    this.#timers.splice(position, 1);
    return true;
  }

  /** Returns the index of a timer in the array, which is the number of timers that fire after it. */
  #position(timer: VirtualTimer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle];
      if (other !== undefined && isSooner(timer, other)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isSooner(timer: VirtualTimer, other: VirtualTimer): boolean {
  // The difference of two timers that never fire is NaN, so they count as due together.
  return (timer.due - other.due || timer.rank - other.rank || timer.order - other.order) < 0;
}
