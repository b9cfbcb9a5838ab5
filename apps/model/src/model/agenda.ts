import type { Event, What } from "../trace.js";

/** An event that is possible now. */
export interface Option {
  readonly id: number;
  readonly what: What;
  readonly detail: string;
  /** Whether time may move without it. */
  readonly optional?: boolean;
  /** Called when it has happened. */
  readonly happen: () => void;
}

interface Due {
  readonly id: number;
  readonly what: What;
  readonly detail: string;
}

/**
 * The time of the model, and the events that must come next: the consequences that the rules promise synchronously
 * (the listeners of a cancellation, what a function does up to its next wait). They come in this order, and before
 * anything else.
 */
export class Agenda {
  now = 0;
  /** Each may come once, as long as time does not move. */ #optional: Option[] = [];
  readonly #due: Due[] = [];

  mustCome(id: number, what: What, detail: string): void {
    this.#due.push({ id, what, detail });
  }

  mayCome(id: number, what: What, detail: string, happen: () => void): void {
    const option: Option = {
      id,
      what,
      detail,
      optional: true,
      happen: () => {
        this.#optional.splice(this.#optional.indexOf(option), 1);
        happen();
      },
    };
    this.#optional.push(option);
  }

  /** Whether a required event has already come. */
  forget(id: number, what: What): void {
    const index = this.#due.findIndex((due) => due.id === id && due.what === what);
    if (index >= 0) this.#due.splice(index, 1);
  }

  get next(): Due | undefined {
    return this.#due[0];
  }

  get optional(): readonly Option[] {
    return this.#optional;
  }

  /** Takes the event, if it is the next required one. */
  take(event: Event): boolean {
    if (this.next === undefined || !isSame(this.next, event)) return false;
    this.#due.shift();
    return true;
  }

  moveTo(time: number): void {
    this.now = time;
    this.#optional = [];
  }
}

export function isSame(one: Pick<Event, "id" | "what" | "detail">, other: Event): boolean {
  return one.id === other.id && one.what === other.what && one.detail === other.detail;
}
