import { refusalOf, type TurnQueue, type WaitScope } from "@selvage/scope/internal";
import { type Taker, TakerTurn, type Waited } from "./waiting.js";

type Result<T> = IteratorResult<T, undefined>;

const DONE: Result<never> = { done: true, value: undefined };

/** What items come from: a channel, or a subscription. */
export interface ItemSource<T> extends Waited {
  tryReceive(): { value: T } | undefined;
  /** Waits for an item, unless there can be none. */
  _await(taker: Taker<T>, stand: () => void): void;
  readonly _takers: TurnQueue<Taker<T>>;
}

/** The iterator of `items` (Q9). */
export class Items<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #channel: ItemSource<T>;
  readonly #scope: WaitScope;
  /** @internal The calls of `next` that wait. */
  readonly _pending = new Set<NextTurn<T>>();
  /** @internal Whether the loop was left, or the channel has ended. */
  _isDone = false;

  constructor(channel: ItemSource<T>, scope: WaitScope) {
    this.#channel = channel;
    this.#scope = scope;
  }

  next(): Promise<Result<T>> {
    if (this._isDone) return Promise.resolve(DONE);
    const refusal = refusalOf(this.#scope);
    if (refusal !== undefined) return refusal;
    const channel = this.#channel;
    try {
      const taken = channel.tryReceive();
      if (taken !== undefined) return Promise.resolve({ done: false, value: taken.value });
    } catch (error) {
      return Promise.reject(error); // a LaggedError
    }
    const turn = new NextTurn<T>(channel, this.#scope, this);
    this._pending.add(turn);
    channel._await(turn, () => turn.stand(channel._takers as unknown as TurnQueue<NextTurn<T>>));
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

  constructor(channel: ItemSource<T>, scope: WaitScope, items: Items<T>) {
    super(channel, scope);
    this.#items = items;
  }

  take(value: T): void {
    this.#items._pending.delete(this);
    this.grant({ done: false, value });
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
