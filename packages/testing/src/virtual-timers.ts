/** A timer of a virtual clock. The handle that `setTimer` returns; opaque to callers. */
export class VirtualTimer {
  readonly callback: () => void;
  readonly due: number;
  readonly rank: number;
  readonly order: number;

  constructor(callback: () => void, due: number, rank: number, order: number) {
    this.callback = callback;
    this.due = due;
    this.rank = rank;
    this.order = order;
  }
}

/** Timers in order of due time; of those due together, the one with the least rank comes first, then the one set first. */
export class VirtualTimers {
  // Soonest last, so that taking the next one moves nothing.
  readonly #timers: VirtualTimer[] = [];
  #order = 0;

  get size(): number {
    return this.#timers.length;
  }

  /** When the next timer is due; `Infinity` if none ever is. */
  get next(): number {
    return this.#timers.at(-1)?.due ?? Infinity;
  }

  add(callback: () => void, due: number, rank: number): VirtualTimer {
    const timer = new VirtualTimer(callback, due, rank, this.#order++);
    this.#timers.splice(this.#position(timer), 0, timer);
    return timer;
  }

  take(): VirtualTimer | undefined {
    return this.#timers.pop();
  }

  /** Whether the timer was here. Anything else, a timer of another clock or one that has fired, is left alone. */
  remove(timer: unknown): boolean {
    if (!(timer instanceof VirtualTimer)) return false;
    const position = this.#position(timer);
    if (this.#timers[position] !== timer) return false;
    this.#timers.splice(position, 1);
    return true;
  }

  /** How many timers come after this one, which is also its place. */
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
  // Of two that never fire the difference is NaN: they are due together, too.
  return (timer.due - other.due || timer.rank - other.rank || timer.order - other.order) < 0;
}
