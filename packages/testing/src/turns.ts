import { queueMacrotask } from "./macrotask.js";
import { turnRequested, turnTaken } from "./settled.js";
import { shuffled } from "./random.js";

/** With a random source, one in this many requests is postponed to the next round. */
const POSTPONE_ONE_IN = 4;

/**
 * Requests for a turn of the event loop.
 *
 * 1. Each callback is called in its own macrotask, which is queued after the request.
 * 2. Without a random source, callbacks are called in the order of the requests.
 * 3. With a random source, they are called in rounds. A request made before a round is called in it, in a random order, or postponed to the next
 *    round.
 */
export class Turns {
  /** The random source; `undefined` for first in, first out. */
  readonly #random: (() => number) | undefined;
  /** Called for each turn, before its callback. */
  readonly #taken: () => void;
  /** The requests for the next round; always empty without a random source. */
  #waiting: (() => void)[] = [];

  /** @param taken - Called for each turn, before its callback. */
  constructor(random: (() => number) | undefined, taken: () => void) {
    this.#random = random;
    this.#taken = taken;
  }

  /** Calls `callback` after the event loop has turned. */
  request(callback: () => void): void {
    turnRequested();
    const take = (): void => {
      turnTaken();
      this.#taken();
      callback();
    };
    const random = this.#random;
    if (random === undefined) queueMacrotask(take);
    else if (this.#waiting.push(take) === 1) this.#queueRound(random);
  }

  #queueRound(random: () => number): void {
    queueMacrotask(() => {
      const called: (() => void)[] = [];
      const postponed: (() => void)[] = [];
      for (const take of this.#waiting) (random() * POSTPONE_ONE_IN < 1 ? postponed : called).push(take);
      this.#waiting = postponed;
      for (const take of shuffled(called, random)) queueMacrotask(take);
      if (postponed.length > 0) this.#queueRound(random);
    });
  }
}
