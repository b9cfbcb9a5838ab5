import type { Clock } from "@selvage/scope";

interface Timer {
  readonly callback: () => void;
  readonly due: number;
  cleared: boolean;
}

/** A clock whose timers fire when `fireNext` is called, and that counts how often it is read. */
export class ManualClock implements Clock {
  /** How often `now()` was called. */
  readings = 0;
  #time = 0;
  /** In the order in which they were set. */
  #timers: Timer[] = [];
  #next = 0;

  now(): number {
    this.readings++;
    return this.#time;
  }

  setTimer(callback: () => void, delay: number): Timer {
    const timer = { callback, due: this.#time + delay, cleared: false };
    this.#timers.push(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    (timer as Timer).cleared = true;
  }

  /** Moves time to the first live timer that was set, and fires it. */
  fireNext(): void {
    let timer: Timer | undefined;
    do timer = this.#timers[this.#next++];
    while (timer?.cleared === true);
    if (timer === undefined) throw new Error("expected a timer to be set");
    this.#time = timer.due;
    timer.callback();
  }
}
