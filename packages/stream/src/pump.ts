import type { Source } from "@selvage/scope/internal";

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
  #isPulling = false;
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
    if (this.#isPulling || this.#isOver) return;
    this.#isPulling = true;
    let step: unknown;
    try {
      step = this.source.next();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!this.source.isAsync) {
      this.#arrived(step);
      return;
    }
    Promise.resolve(step).then(this.#arrived, (error: unknown) => {
      this.source.failed();
      this.#fail(error);
    });
  }

  /** Pulls nothing more. An item that still arrives is passed on as any other. */
  stop(): void {
    this.#isOver = true;
  }

  readonly #arrived = (step: unknown): void => {
    this.#isPulling = false;
    let item: { readonly value: T } | undefined;
    try {
      item = this.source.itemOf(step);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (item !== undefined) {
      this.#sink.item(item.value, this.#index);
    } else if (!this.#isOver) {
      this.#isOver = true;
      this.#sink.ended(this.#index);
    }
  };

  #fail(error: unknown): void {
    this.#isPulling = false;
    const wasOver = this.#isOver;
    this.#isOver = true;
    if (!wasOver) this.#sink.failed(error);
  }
}
