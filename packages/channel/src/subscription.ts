/// <reference lib="esnext.disposable" preserve="true" />
import { addMethod, checkWaitScope, dispose, refusalOf, type TurnQueue, type WaitScope, LaggedError } from "@selvage/scope/internal";
import type { Broadcast } from "./broadcast.js";
import { Channel } from "./channel.js";
import { Items, type ItemSource } from "./items.js";
import { ScopeEnd } from "./scope-end.js";
import type { CheckedBuffer } from "./options.js";
import type { Taker } from "./waiting.js";

/** What a subscriber of a {@link Broadcast} receives from. */
export class Subscription<T> implements ItemSource<T>, Disposable {
  readonly #broadcast: Broadcast<T>;
  readonly #channel: SubscriptionChannel<T>;
  readonly #buffer: CheckedBuffer<T>;
  readonly #end: ScopeEnd;
  /** How many items were missed since the last `LaggedError`. */
  #missed = 0;
  #isOpen = true;

  /** @internal */
  constructor(broadcast: Broadcast<T>, scope: WaitScope, buffer: CheckedBuffer<T>) {
    this.#broadcast = broadcast;
    this.#buffer = buffer;
    const lags = buffer.overflow === "error";
    this.#channel = new SubscriptionChannel<T>(broadcast, {
      capacity: buffer.capacity,
      overflow: lags ? "drop-oldest" : buffer.overflow,
      undelivered: lags
        ? (item) => {
            this.#missed++;
            buffer.undelivered?.(item);
          }
        : buffer.undelivered,
    });
    this.#end = new ScopeEnd(scope, () => {
      this.close();
    });
  }

  /** How many items are in the buffer. */
  get size(): number {
    return this.#channel.size;
  }

  receive(scope: WaitScope): Promise<T> {
    checkWaitScope(scope);
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    const lagged = this.#lagged();
    return lagged === undefined ? this.#channel.receive(scope) : Promise.reject(lagged);
  }

  tryReceive(): { value: T } | undefined {
    const lagged = this.#lagged();
    if (lagged !== undefined) throw lagged;
    return this.#channel.tryReceive();
  }

  items(scope: WaitScope): AsyncIterableIterator<T, undefined, undefined> {
    checkWaitScope(scope);
    return new Items(this, scope);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#channel.abandon();
    this.#broadcast._left(this);
    this.#end.stop();
  }

  declare readonly [Symbol.dispose]: () => void;

  /** @internal Whether it accepts an item at once. */
  _hasRoom(): boolean {
    return this.#buffer.overflow !== "wait" || this.#channel._hasRoom;
  }

  /** @internal */
  _push(item: T): void {
    if (this.#isOpen) this.#channel._push(item);
  }

  /** @internal The broadcast is closed. What is in the buffer can still be received. */
  _close(error: unknown): void {
    this.#channel.close(error);
  }

  /** @internal */
  get _title(): string {
    return this.#broadcast._title;
  }

  /** @internal */
  _serve(): void {
    this.#channel._serve();
  }

  /** @internal */
  _await(taker: Taker<T>, stand: () => void): void {
    this.#channel._await(taker, stand);
  }

  /** @internal */
  get _takers(): TurnQueue<Taker<T>> {
    return this.#channel._takers;
  }

  #lagged(): LaggedError | undefined {
    const missed = this.#missed;
    if (missed === 0) return undefined;
    this.#missed = 0;
    return new LaggedError(`${missed} ${missed === 1 ? "item" : "items"} of the ${this._title} were missed.`, missed);
  }
}

addMethod<Subscription<unknown>>(Subscription, dispose, function () {
  this.close();
});

/** The buffer of a subscription. When there is room in it, the broadcast may go on. */
class SubscriptionChannel<T> extends Channel<T> {
  readonly #broadcast: Broadcast<T>;

  constructor(broadcast: Broadcast<T>, options: CheckedBuffer<T>) {
    super({ ...options, name: broadcast.name });
    this.#broadcast = broadcast;
  }

  override get _title(): string {
    return this.#broadcast._title;
  }

  override _serve(): void {
    super._serve();
    this.#broadcast._serve();
  }
}
