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
  /** The scope or signal of the caller. */
  readonly #caller: WaitScope;
  /** Called when the permits were taken. Returns the value of the promise. It must not run foreign code. */
  readonly #taken: (caller: WaitScope) => T;

  constructor(semaphore: Semaphore, caller: WaitScope, n: number, taken: (caller: WaitScope) => T) {
    super(caller);
    this.n = n;
    this.#semaphore = semaphore;
    this.#caller = caller;
    this.#taken = taken;
  }

  override get waiting(): string {
    return this.#semaphore._title;
  }

  serve(): void {
    this.grant(this.#taken(this.#caller));
  }

  override refuse(error: unknown): void {
    super.refuse(error);
    this.#semaphore._left();
  }

  override leave(): void {
    super.leave();
    this.#semaphore._left();
  }
}
