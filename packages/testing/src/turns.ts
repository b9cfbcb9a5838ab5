import { queueMacrotask } from "./macrotask.js";
import { turnAsked, turnTaken } from "./settled.js";
import { shuffled } from "./random.js";

/** Of those whose turn has come, one in this many is put off to the next round, where the order is drawn. */
const PUT_OFF_ONE_IN = 4;

/**
 * Who waits for the event loop to turn.
 *
 * 1. Each is called in a macrotask of its own, queued after it asked.
 * 2. Without a random source, in order of asking.
 * 3. With one, in rounds: who asked before a round is called in it, in an order drawn anew, or put off to the next.
 */
export class Turns {
  readonly #random: (() => number) | undefined;
  readonly #taken: () => void;
  #waiting: (() => void)[] = [];

  /** @param taken - Told of each turn, before its callback is called. */
  constructor(random: (() => number) | undefined, taken: () => void) {
    this.#random = random;
    this.#taken = taken;
  }

  ask(callback: () => void): void {
    turnAsked();
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
      const putOff: (() => void)[] = [];
      for (const take of this.#waiting) (random() * PUT_OFF_ONE_IN < 1 ? putOff : called).push(take);
      this.#waiting = putOff;
      for (const take of shuffled(called, random)) queueMacrotask(take);
      if (putOff.length > 0) this.#queueRound(random);
    });
  }
}
