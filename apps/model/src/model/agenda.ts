import type { Event, What } from "../trace.js";

/** An event that the model knows to be possible now. */
export interface Option {
  readonly id: number;
  readonly what: What;
  readonly detail: string;
  /** Whether time may move on without it. */
  readonly optional?: boolean;
  /** To be called when it has happened. */
  readonly happen: () => void;
}

interface Due {
  readonly id: number;
  readonly what: What;
  readonly detail: string;
}

/**
 * The time of the model, and what has to come next: the consequences of what has happened that the rules promise in the same
 * breath (a cancellation's listeners, what a function does up to its next wait). In this order, and before anything else.
 */
export class Agenda {
  now = 0;
  /** Once may come, as long as time stands still. */ #optional: Option[] = [];
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

  /** What was to come has come already. */
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

  /** Takes the event, if it is the one that had to come next. */
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
