import { type Source, subscribe } from "@selvage/scope/internal";

/** What becomes of the items of a source. None of these may throw. */
export interface Sink<T> {
  item(value: T, index: number): void;
  /** The source has ended by itself. */
  ended(index: number): void;
  failed(error: unknown): void;
}

/** Pulls items from one source, one at a time, whenever it is asked. */
export class Pump<T> {
  readonly source: Source<T>;
  readonly #sink: Sink<T>;
  readonly #index: number;
  /** Whether a step is awaited, or being received. */
  #isPulling = false;
  /** Whether it was asked for another item meanwhile. */
  #isAsked = false;
  #isOver = false;

  constructor(source: Source<T>, sink: Sink<T>, index: number) {
    this.source = source;
    this.#sink = sink;
    this.#index = index;
  }

  /** Whether the source has ended or failed, or is no longer wanted. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Asks for the next item, unless one is awaited. */
  pull(): void {
    this.#isAsked = true;
    if (this.#isPulling) return;
    this.#isPulling = true;
    // A loop, because a sink asks a synchronous source for the next item while it receives one.
    while (this.#isAsked && !this.#isOver) {
      this.#isAsked = false;
      let step: unknown;
      try {
        step = this.source.next();
      } catch (error) {
        this.#failed(error);
        break;
      }
      if (this.source.isAsync) {
        void subscribe(step, this.#arrived, this.#rejected);
        return;
      }
      this.#receive(step);
    }
    this.#isPulling = false;
  }

  /** Pulls nothing more. An item that still arrives is passed on as any other. */
  stop(): void {
    this.#isOver = true;
  }

  readonly #arrived = (step: unknown): void => {
    this.#isPulling = false;
    this.#receive(step);
  };

  readonly #rejected = (error: unknown): void => {
    this.#isPulling = false;
    this.source.failed();
    this.#failed(error);
  };

  #receive(step: unknown): void {
    let item: { readonly value: T } | undefined;
    try {
      item = this.source.itemOf(step);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (item !== undefined) {
      this.#sink.item(item.value, this.#index);
    } else if (!this.#isOver) {
      this.#isOver = true;
      this.#sink.ended(this.#index);
    }
  }

  #failed(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sink.failed(error);
  }
}
