import type { Clock } from "@selvage/scope";

/**
 * A clock whose time is moved by hand and whose timers never fire: what a program that computes without a pause sees.
 * It counts timers.
 */
export class BusyClock implements Clock {
  time = 0;
  /** The delays of the armed timers. */
  readonly armed = new Map<unknown, number>();
  timersSet = 0;
  mostArmed = 0;

  now(): number {
    return this.time;
  }

  setTimer(_callback: () => void, delay: number): unknown {
    const timer = ++this.timersSet;
    this.armed.set(timer, delay);
    this.mostArmed = Math.max(this.mostArmed, this.armed.size);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.armed.delete(timer);
  }
}
