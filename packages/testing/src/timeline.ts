import { noteActivity, settled } from "./settled.js";
import { VirtualTimers } from "./virtual-timers.js";

/** How many timers in a row may fire while time does not move. Then a move is given up. */
const MOST_JUMPS_IN_PLACE = 10_000;

/**
 * The time of a virtual clock, its timers, and the moves that a test makes.
 *
 * 1. `now` never decreases, and no pending timer is due before it.
 * 2. When a timer fires, `now` is its due time, and everything that could run before has settled.
 * 3. Moves run one after another. `Autojump` jumps only while no move is under way. It notices a move because the move awaits `settled`.
 */
export class Timeline {
  readonly timers: VirtualTimers = new VirtualTimers();
  /** Called before each timer fires. */
  readonly #firing: () => void;
  #now: number;
  /** Resolves when the latest move has ended, even if it failed. */
  #lastMove: Promise<void> = Promise.resolve();

  /** @param firing - Called before each timer fires. */
  constructor(start: number, firing: () => void) {
    this.#now = start;
    this.#firing = firing;
  }

  get now(): number {
    return this.#now;
  }

  /** Moves time to the result of `target`, which is called when the earlier moves have ended. At most `limit` timers fire. */
  move(target: () => number, limit?: number): Promise<void> {
    const move = this.#lastMove.then(() => this.#travel(target(), limit));
    this.#lastMove = move.catch(() => undefined);
    return move;
  }

  /** Moves time to the next timer, and fires it. Does nothing without timers. */
  fireNext(): void {
    const timer = this.timers.take();
    if (timer === undefined) return;
    this.#now = timer.due;
    noteActivity();
    this.#firing();
    timer.callback();
  }

  async #travel(target: number, limit: number | undefined): Promise<void> {
    const errors: unknown[] = [];
    let jumps = 0;
    await settled();
    while (this.timers.next !== Infinity && this.timers.next <= target) {
      // Without a limit, a move may fire any number of timers, but not without end at one time.
      if (limit === undefined && this.timers.next > this.#now) jumps = 0;
      if (jumps++ === (limit ?? MOST_JUMPS_IN_PLACE)) {
        errors.push(limit === undefined ? standstill(this.#now) : endless(limit, this.#now));
        throw onlyOrAll(errors);
      }
      try {
        this.fireNext();
      } catch (error) {
        errors.push(error);
      }
      await settled();
    }
    if (target !== Infinity && target > this.#now) this.#now = target;
    if (errors.length > 0) throw onlyOrAll(errors);
  }
}

function standstill(now: number): Error {
  return new Error(
    `Time stands still at ${now}: ${MOST_JUMPS_IN_PLACE} timers in a row fired there, and more are due. ` +
      "Something sets a timer without delay whenever one fires.",
  );
}

function endless(limit: number, now: number): Error {
  return new Error(
    `Timers are left after ${limit} jumps, at ${now}: something sets a timer whenever one fires. ` +
      "Use advance(), or raise the limit.",
  );
}

function onlyOrAll(errors: readonly unknown[]): unknown {
  return errors.length === 1 ? errors[0] : new AggregateError(errors, `${errors.length} errors while time moved.`);
}
