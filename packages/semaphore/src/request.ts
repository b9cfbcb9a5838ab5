import { type Entry, Turn, type WaitScope } from "@selvage/scope/internal";
import type { Semaphore } from "./semaphore.js";

/** Something that waits for permits in a semaphore's queue. */
export interface Served extends Entry {
  /** How many permits it asks for. */
  readonly n: number;
  /** Called when the permits were taken for it. It has left the queue. */
  serve(): void;
}

/** A pending `run` or `acquire`. */
export class Request<T> extends Turn<T> implements Served {
  readonly n: number;
  readonly #semaphore: Semaphore;
  /** Called when the permits were taken. Returns the value of the promise. It must not run foreign code. */
  readonly #taken: () => T;

  constructor(semaphore: Semaphore, caller: WaitScope, n: number, taken: () => T) {
    super(caller);
    this.n = n;
    this.#semaphore = semaphore;
    this.#taken = taken;
  }

  override get waiting(): string {
    return this.#semaphore._title;
  }

  serve(): void {
    this.grant(this.#taken());
  }

  override left(): void {
    this.#semaphore._serve();
  }
}
