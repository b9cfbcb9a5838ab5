import type { Clock } from "./clock.js";
import { type TimerEntry, TimerHeap } from "./timer-heap.js";

/** Platform timers take a signed 32-bit delay; beyond it they fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * All that waits for the time of one clock, behind at most one timer of that clock.
 *
 * 1. The timer is armed for the earliest key or before it: what is removed or moved later leaves the timer alone, which then
 *    fires for nothing and is armed anew. An empty queue has no timer.
 * 2. Deadlines and sleepers lie apart, since a look at the clock (S9) may fire deadlines early in the turn, but must not wake
 *    sleepers: two tasks sleeping and looking in turn would starve the event loop. A timer fires both, in order of key, then of arrival.
 * 3. A timer that fires makes due whatever it was armed for, whatever `now()` says: fake timers need not fake the time (C1). The platform's
 *    own make due what is due in a millisecond, as they are no more precise, and no more: one that fires earlier is armed anew.
 * 4. The timer keeps the process alive while an entry wants it.
 * 5. Where the clock can tell when the microtasks have run dry, the timer is armed only then: what comes and goes between two turns of
 *    the event loop never reaches the platform.
 */
export class TimerQueue {
  readonly clock: Clock;
  readonly deadlines: TimerHeap = new TimerHeap();
  readonly sleepers: TimerHeap = new TimerHeap();
  #order = 0;
  #timer: unknown; // which a clock may leave undefined
  #armedFor = Infinity; // where none is armed
  /** The timer is armed when all is done, not for each entry: at the end of firing, or of the microtasks (5). */
  #armsLater = false;
  #keepAlives = 0;
  readonly #onTimer = (): void => {
    this.#fireDue();
  };
  readonly #afterMicrotasks = (): void => {
    this.#armsLater = false;
    this.#arm(this.clock.now());
  };

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Puts an entry in one of the heaps, for the time `when`. */
  add(heap: TimerHeap, entry: TimerEntry, when: number): void {
    heap.push(entry, when, this.clock.rank?.() ?? this.#order++);
    if (heap === this.deadlines && heap.size === 1) queuesWithDeadlines.push(this);
    this.#keepAlive(entry, 1);
    this.#arm();
  }

  remove(heap: TimerHeap, entry: TimerEntry): void {
    heap.remove(entry);
    this.#removed(heap, entry);
  }

  #removed(heap: TimerHeap, entry: TimerEntry): void {
    if (heap === this.deadlines && heap.size === 0) {
      queuesWithDeadlines.splice(queuesWithDeadlines.indexOf(this), 1);
    }
    this.#keepAlive(entry, -1);
    if (this.#armedFor === Infinity || this.deadlines.size + this.sleepers.size > 0) return;
    this.clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#armedFor = Infinity;
  }

  /** Fires the deadlines that have passed, and no sleeper (2). */
  look(): void {
    const now = this.clock.now();
    while (this.deadlines.firstKey <= now) this.#fireFirst(this.deadlines);
  }

  #fireDue(): void {
    if (this.#armedFor === Infinity) return; // nothing is armed: a clock that fires what it was told to clear
    const now = this.clock.isReal === true ? this.clock.now() + 1 : Math.max(this.clock.now(), this.#armedFor); // (3)
    this.#timer = undefined;
    this.#armedFor = Infinity;
    this.#armsLater = true;
    try {
      for (;;) {
        const { deadlines, sleepers } = this;
        const heap = deadlines.isBefore(sleepers) ? deadlines : sleepers;
        if (heap.firstKey > now) break;
        this.#fireFirst(heap);
      }
    } finally {
      this.#armsLater = false;
      this.#arm(now);
    }
  }

  #fireFirst(heap: TimerHeap): void {
    const { firstKey } = heap;
    const first = heap.takeFirst();
    if (first === undefined) return;
    this.#removed(heap, first);
    first.timePassed(firstKey);
  }

  /** Counts an entry that wants the process kept alive in (1) or out (-1). */
  #keepAlive(entry: TimerEntry, change: 1 | -1): void {
    if (!entry.keepsAlive) return;
    this.#keepAlives += change;
    if (this.#armedFor !== Infinity && this.#keepAlives === (change === 1 ? 1 : 0)) {
      this.clock.setKeepAlive?.(this.#timer, change === 1);
    }
  }

  /** Arms the timer for the earliest key, if none is armed for that time or before; now, if that is given, or as soon as need be (5). */
  #arm(now?: number): void {
    if (this.#armsLater || Math.min(this.deadlines.firstKey, this.sleepers.firstKey) >= this.#armedFor) return;
    if (now === undefined && this.clock.afterMicrotasks !== undefined) {
      this.#armsLater = true;
      this.clock.afterMicrotasks(this.#afterMicrotasks);
      return;
    }
    const next = Math.min(this.deadlines.earliestKey(), this.sleepers.earliestKey());
    if (next >= this.#armedFor) return;
    if (this.#armedFor !== Infinity) this.clock.clearTimer(this.#timer);
    now ??= this.clock.now();
    this.#armedFor = Math.min(next, now + LONGEST_DELAY);
    // The difference of two doubles may come out longer than what was added.
    this.#timer = this.clock.setTimer(this.#onTimer, Math.min(Math.max(0, this.#armedFor - now), LONGEST_DELAY));
    if (this.#keepAlives === 0) this.clock.setKeepAlive?.(this.#timer, false);
  }
}

const queuesWithDeadlines: TimerQueue[] = [];

/**
 * Looks at the clock (S9): cancels whatever scope's deadline has passed, although no timer has fired. Every member that reads
 * cancellation state calls it; it costs one comparison while no scope anywhere has a deadline.
 *
 * All passed deadlines are fired, in order, not just those that the reader can see: the earliest then owns the cancellation
 * also of what lies below it, and a look is the same as the timer firing now.
 */
export function lookAtClocks(): void {
  if (queuesWithDeadlines.length === 0) return;
  if (queuesWithDeadlines.length === 1) queuesWithDeadlines[0]?.look();
  else for (const queue of [...queuesWithDeadlines]) queue.look();
}

const queues = new WeakMap<Clock, TimerQueue>();
let latestQueue: TimerQueue | undefined;

/** The one queue of a clock. */
export function queueOf(clock: Clock): TimerQueue {
  if (latestQueue?.clock === clock) return latestQueue;
  let queue = queues.get(clock);
  if (queue === undefined) queues.set(clock, (queue = new TimerQueue(clock)));
  latestQueue = queue;
  return queue;
}
