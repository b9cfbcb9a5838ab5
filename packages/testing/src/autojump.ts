import { type Pause, pause, queueMacrotask } from "./macrotask.js";
import { activityNoted, blocked, isAwaited } from "./settled.js";
import type { Timeline } from "./timeline.js";

/** How many turns without anything new it takes to say that nothing will ever come: enough for what no clock can see. */
const TURNS_OF_SILENCE = 1000;

/** Why somebody who watches waits in vain: nothing can run any more, or there is no end to what runs. */
export type Stall = "nothing runs" | "no end";

/** Somebody who waits for the program on a clock to end. */
export interface Watch {
  /** Whether time jumps meanwhile. */
  jumps: boolean;
  /** How many timers and turns there may be before it is told, at each further one, that there is no end. */
  readonly limit: number;
  /** How many there were since who watches set it to 0. */
  steps: number;
  tell: (stall: Stall) => void;
}

/** The clocks that something is driven on. */
const driven = new Set<Autojump>();

/**
 * Moves the time of one clock when everything is blocked, and tells who watches when not even that helps.
 *
 * 1. One loop runs while there is something to do for it: a timer to jump to, or somebody who watches. Otherwise nothing is
 *    scheduled, and nothing kept alive.
 * 2. Time jumps when all has been blocked, nobody awaiting `settled` or a move; or when a program would not rest.
 * 3. "Nothing runs" is told only while no clock has a timer to jump to, and all has been blocked for long.
 */
export class Autojump {
  readonly #timeline: Timeline;
  readonly #always: boolean;
  readonly #threshold: number;
  readonly #watches = new Set<Watch>();
  #pause: Pause | undefined;

  /**
   * @param always - Whether time jumps although nobody watches.
   * @param threshold - How long all must have been blocked in real time.
   */
  constructor(timeline: Timeline, always: boolean, threshold: number) {
    this.#timeline = timeline;
    this.#always = always;
    this.#threshold = threshold;
  }

  /** To be called when there may be something new to do: a timer was set. */
  wake(): void {
    if (driven.has(this) || !this.#isNeeded) return; // (1)
    driven.add(this);
    void this.#drive();
  }

  /** To be called when there may be nothing left to do: a timer was cleared. */
  rest(): void {
    if (!this.#isNeeded) this.#pause?.end();
  }

  /** Tells `watch` of stalls, until the returned function is called. */
  watch(watch: Watch): () => void {
    this.#watches.add(watch);
    this.wake();
    return () => {
      this.#watches.delete(watch);
      this.rest();
    };
  }

  /** To be called at each timer that fires and each turn that is taken. */
  step(): void {
    for (const watch of this.#watches) {
      if (++watch.steps <= watch.limit) continue;
      watch.tell("no end");
    }
  }

  get #canJump(): boolean {
    return this.#jumps && this.#timeline.timers.next !== Infinity;
  }

  get #jumps(): boolean {
    if (this.#always) return true;
    for (const watch of this.#watches) if (watch.jumps) return true;
    return false;
  }

  get #isNeeded(): boolean {
    return this.#canJump || this.#watches.size > 0;
  }

  async #drive(): Promise<void> {
    while (this.#isNeeded) await this.#driveOn();
    driven.delete(this);
  }

  async #driveOn(): Promise<void> {
    const atRest = await blocked();
    if (!this.#isNeeded) return;
    if (atRest && this.#threshold > 0 && !(await this.#outlasts())) return;
    if (this.#canJump) this.#jump();
    else if (this.#watches.size > 0 && (await blocked(TURNS_OF_SILENCE))) this.#tellStalled();
  }

  /** Whether nothing happens, and nobody begins a move, for as long as the threshold says. */
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
      // Nobody asked for this jump, so there is nobody to reject: as with the platform's timers, it is uncaught.
      queueMacrotask(() => {
        throw error;
      });
    }
  }

  #tellStalled(): void {
    for (const other of driven) if (other.#canJump) return; // (3)
    for (const watch of this.#watches) watch.tell("nothing runs");
  }
}
