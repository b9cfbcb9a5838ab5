import { checkedRefusal, type WaitScope } from "@selvage/scope/internal";
import type { Exchange } from "./exchange.js";
import { TakerTurn } from "./waiting.js";

type Result<T> = IteratorResult<T, undefined>;

const DONE: Result<never> = { done: true, value: undefined };

/** The iterator of `items` (Q9). */
export class Items<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #exchange: Exchange<T>;
  readonly #scope: WaitScope;
  /** Takes an item, if there is one. It may throw a `LaggedError`. */
  readonly #take: () => { value: T } | undefined;
  /** @internal The calls of `next` that wait. */
  readonly _pending = new Set<NextTurn<T>>();
  /** @internal Whether the loop was left, or the channel has ended. */
  _isDone = false;

  constructor(exchange: Exchange<T>, scope: WaitScope, take: () => { value: T } | undefined) {
    this.#exchange = exchange;
    this.#scope = scope;
    this.#take = take;
  }

  next(): Promise<Result<T>> {
    if (this._isDone) return Promise.resolve(DONE);
    const refusal = checkedRefusal(this.#scope);
    if (refusal !== undefined) return refusal;
    const exchange = this.#exchange;
    try {
      const taken = this.#take.call(undefined);
      if (taken !== undefined) return Promise.resolve({ done: false, value: taken.value });
    } catch (error) {
      return Promise.reject(error); // a LaggedError
    }
    const turn = new NextTurn<T>(exchange, this.#scope, this);
    this._pending.add(turn);
    exchange.await(turn);
    return turn.promise;
  }

  /** Ends the iteration. A pending `next()` is done, and has taken nothing. */
  return(): Promise<Result<never>> {
    this._isDone = true;
    for (const turn of this._pending) turn.end(undefined);
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A pending `next()`. */
class NextTurn<T> extends TakerTurn<T, Result<T>> {
  readonly #items: Items<T>;

  constructor(exchange: Exchange<T>, scope: WaitScope, items: Items<T>) {
    super(exchange, scope);
    this.#items = items;
  }

  take(value: T): void {
    this.#items._pending.delete(this);
    this.settle({ done: false, value });
  }

  /** The loop was left, or the channel has ended. */
  end(error: unknown): void {
    this.#items._pending.delete(this);
    this.#items._isDone = true;
    if (error === undefined) this.grant(DONE);
    else this.refuse(error);
  }

  override left(): void {
    this.#items._pending.delete(this);
    super.left();
  }
}
