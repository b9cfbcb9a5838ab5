import { noteActivity, settled } from "./settled.js";
import { VirtualTimers } from "./virtual-timers.js";

/** How many timers in a row may fire without time moving, before a move is given up. */
const MOST_JUMPS_IN_PLACE = 10_000;

/**
 * The time of a virtual clock, its timers, and the moves that a test asks for.
 *
 * 1. `now` never decreases, and no timer that is left is due before it.
 * 2. A timer fires with `now` at its due time, after all that could run before it has settled.
 * 3. Moves run one after another; `Autojump` jumps only while none is under way (it sees that a move awaits `settled`).
 */
export class Timeline {
  readonly timers: VirtualTimers = new VirtualTimers();
  readonly #firing: () => void;
  #now: number;
  #lastMove: Promise<void> = Promise.resolve();

  /** @param firing - Told of each timer, before it fires. */
  constructor(start: number, firing: () => void) {
    this.#now = start;
    this.#firing = firing;
  }

  get now(): number {
    return this.#now;
  }

  /** Moves time to what `target` says once the moves before have ended, firing at most `limit` timers. */
  move(target: () => number, limit?: number): Promise<void> {
    const move = this.#lastMove.then(() => this.#travel(target(), limit));
    this.#lastMove = move.catch(() => undefined);
    return move;
  }

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
      // A move to a given time may be long, but must not stand still for ever.
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
