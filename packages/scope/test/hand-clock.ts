import type { Clock } from "@selvage/scope";

/**
 * A clock whose time and timers are moved separately, by hand. Time alone moves while a loop keeps the event loop from
 * turning. A timer alone fires where fake timers leave the time unchanged. It counts the calls of its members.
 */
export class HandClock implements Clock {
  time = 0;
  /** How often each member was called. */
  readonly calls = { now: 0, setTimer: 0, clearTimer: 0 };
  readonly delays: number[] = [];
  /** The largest number of timers that were armed at the same time. */
  mostArmed = 0;
  readonly timers = new Set<HandTimer>();

  now(): number {
    this.calls.now++;
    return this.time;
  }

  setTimer(callback: () => void, delay: number): HandTimer {
    this.calls.setTimer++;
    this.delays.push(delay);
    const timer = { callback, due: this.time + delay, keepsAlive: true };
    this.timers.add(timer);
    this.mostArmed = Math.max(this.mostArmed, this.timers.size);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.calls.clearTimer++;
    this.timers.delete(timer as HandTimer);
  }

  setKeepAlive(timer: unknown, keepAlive: boolean): void {
    (timer as HandTimer).keepsAlive = keepAlive;
  }

  get armed(): number {
    return this.timers.size;
  }

  /** The due time of the oldest timer that is set. */
  get due(): number | undefined {
    const [timer] = this.timers;
    return timer?.due;
  }

  get keepsAlive(): boolean {
    return [...this.timers].some((timer) => timer.keepsAlive);
  }

  /** Fires the timers that are due, and checks nothing else. */
  fireDue(): void {
    for (const timer of this.timers) if (timer.due <= this.time) this.fire(timer);
  }

  /** Fires the given timer, or the oldest one, whether or not it is due, and leaves the time unchanged. */
  fire(timer: HandTimer | undefined = [...this.timers][0]): void {
    if (timer === undefined) throw new Error("expected a timer to be armed");
    this.timers.delete(timer);
    timer.callback();
  }
}

export interface HandTimer {
  readonly callback: () => void;
  readonly due: number;
  keepsAlive: boolean;
}
