import { type Pause, pause, queueMacrotask } from "./macrotask.js";
import { activityNoted, blocked, isAwaited } from "./settled.js";
import type { Timeline } from "./timeline.js";

/** How many turns without activity count as a deadlock. It is enough for chains of macrotasks that no clock can see. */
const TURNS_OF_SILENCE = 1000;

/** Why a program will never end: nothing can run (a deadlock), or something runs without end (a livelock). */
export type Stall = "nothing runs" | "no end";

/** Watches a program on a clock for a stall. */
export interface Watch {
  /** Whether time jumps meanwhile. */
  jumps: boolean;
  /** How many timers and turns may pass. At each further one, `stalled("no end")` is called. */
  readonly limit: number;
  /** How many timers and turns have passed since the owner of the watch set it to 0. */
  steps: number;
  /** Called when the program stalls. */
  stalled: (stall: Stall) => void;
}

/** The clocks whose loop runs. */
const driven = new Set<Autojump>();

/**
 * Moves the time of one clock when everything is blocked, and notifies the watches when even that does not help.
 *
 * 1. One loop runs while it has something to do: there is a timer to jump to, or a watch. Otherwise nothing is scheduled, and nothing keeps the
 *    process alive.
 * 2. Time jumps when everything is blocked and no code awaits `settled` or a move. It also jumps when a program does not come to rest.
 * 3. "nothing runs" is reported only if no clock has a timer to jump to, and everything has been blocked for many turns.
 */
export class Autojump {
  readonly #timeline: Timeline;
  /** Whether time jumps even without a watch. */
  readonly #always: boolean;
  /** How many milliseconds of real time everything must be blocked before time jumps. */
  readonly #threshold: number;
  readonly #watches = new Set<Watch>();
  /** The wait for the threshold; `undefined` while there is none. */
  #pause: Pause | undefined;

  /**
   * @param always - Whether time jumps even without a watch.
   * @param threshold - How many milliseconds of real time everything must be blocked before time jumps.
   */
  constructor(timeline: Timeline, always: boolean, threshold: number) {
    this.#timeline = timeline;
    this.#always = always;
    this.#threshold = threshold;
  }

  /** Called when there may be something new to do, because a timer was set. */
  wake(): void {
    if (driven.has(this) || !this.#isNeeded) return; // (1)
    driven.add(this);
    void this.#drive();
  }

  /** Called when there may be nothing left to do, because a timer was cleared. */
  rest(): void {
    if (!this.#isNeeded) this.#pause?.end();
  }

  /** Notifies `watch` of stalls until the returned function is called. */
  watch(watch: Watch): () => void {
    this.#watches.add(watch);
    this.wake();
    return () => {
      this.#watches.delete(watch);
      this.rest();
    };
  }

  /** Called for each timer that fires and each turn that is taken. */
  step(): void {
    for (const watch of this.#watches) {
      if (++watch.steps <= watch.limit) continue;
      watch.stalled("no end");
    }
  }

  /** Whether there is a timer to jump to. */
  get #canJump(): boolean {
    return this.#jumps && this.#timeline.timers.next !== Infinity;
  }

  /** Whether time jumps at present. */
  get #jumps(): boolean {
    if (this.#always) return true;
    for (const watch of this.#watches) if (watch.jumps) return true;
    return false;
  }

  /** Whether the loop has something to do (1). */
  get #isNeeded(): boolean {
    return this.#canJump || this.#watches.size > 0;
  }

  async #drive(): Promise<void> {
    while (this.#isNeeded) await this.#driveOn();
    driven.delete(this);
  }

  /** One round of the loop: waits until everything is blocked, and then jumps, or reports a stall. */
  async #driveOn(): Promise<void> {
    const atRest = await blocked();
    if (!this.#isNeeded) return;
    if (atRest && this.#threshold > 0 && !(await this.#outlasts())) return;
    if (this.#canJump) this.#jump();
    else if (this.#watches.size > 0 && (await blocked(TURNS_OF_SILENCE))) this.#reportStall();
  }

  /** Whether nothing happens and no move begins during the threshold. */
  async #outlasts(): Promise<boolean> {
    const before = activityNoted();
    this.#pause = pause(this.#threshold);
    await this.#pause.over;
    this.#pause = undefined;
    return activityNoted() === before && !isAwaited();
  }

  #jump(): void {
    try {
      this.#timeline.fireNext();
    } catch (error) {
      // No call made this jump, so no promise can reject. The error is reported as uncaught, as the platform's timers do.
      queueMacrotask(() => {
        throw error;
      });
    }
  }

  #reportStall(): void {
    for (const other of driven) if (other.#canJump) return; // (3)
    for (const watch of this.#watches) watch.stalled("nothing runs");
  }
}
