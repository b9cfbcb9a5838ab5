/// <reference lib="esnext.disposable" preserve="true" />
import {
  addMethod,
  brand,
  checkWaitScope,
  dispose,
  HAS_ITEMS,
  LaggedError,
  refusalOf,
  ScopeEnd,
  type WaitScope,
} from "@selvage/scope/internal";
import type { Broadcast } from "./broadcast.js";
import { Exchange } from "./exchange.js";
import { Items } from "./items.js";
import type { CheckedBuffer } from "./options.js";

/** What a subscriber of a {@link Broadcast} receives from. It is made by {@link Broadcast.subscribe}. */
export class Subscription<T> implements Disposable {
  readonly #broadcast: Broadcast<T>;
  readonly #exchange: Exchange<T>;
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
    const missed = (item: T): void => {
      this.#missed++;
      buffer.undelivered?.(item);
    };
    const own: CheckedBuffer<T> = lags ? { ...buffer, overflow: "drop-oldest", undelivered: missed } : buffer;
    this.#exchange = new Exchange<T>(broadcast._title, own, () => {
      broadcast._serve(); // there may be room for a sender that waits
      if (this.#exchange.end !== undefined) this.#end.stop(); // nothing is left for which it would matter
    });
    this.#end = new ScopeEnd(scope, () => {
      this.close();
    });
  }

  /** How many items are in the buffer. */
  get size(): number {
    return this.#exchange.size;
  }

  /**
   * Receives the next item. Waits until there is one.
   *
   * **Cancellation**: rejects with the scope's `CancelledError`, and takes nothing.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError} Synchronously, if `scope` is neither a scope nor a signal.
   * @throws {LaggedError} Once after items were missed, if `overflow` is `"error"`. The next call goes on with what is in the buffer.
   * @throws {ClosedError} If the broadcast is closed and there are no more items, or the subscription has ended, or the scope is closed.
   * @throws The error that the broadcast was closed with, when there are no more items.
   */
  receive(scope: WaitScope): Promise<T> {
    checkWaitScope(scope);
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    const lagged = this.#lagged();
    return lagged === undefined ? this.#exchange.receive(scope) : Promise.reject(lagged);
  }

  /**
   * Receives the next item if there is one; otherwise returns `undefined`.
   *
   * @throws {LaggedError} Once after items were missed, if `overflow` is `"error"`.
   */
  tryReceive(): { value: T } | undefined {
    const lagged = this.#lagged();
    if (lagged !== undefined) throw lagged;
    return this.#exchange.take();
  }

  /**
   * The items, for `for await`. The loop ends when the broadcast is closed and there are no more items. Leaving the loop does not end the subscription.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError} If `scope` is neither a scope nor a signal.
   */
  items(scope: WaitScope): AsyncIterableIterator<T, undefined, undefined> {
    checkWaitScope(scope);
    return new Items(this.#exchange, scope, () => this.tryReceive());
  }

  /** Ends the subscription. What is in its buffer goes to `undelivered`. The call is idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#exchange.abandon(undefined);
    this.#broadcast._left(this);
    this.#end.stop();
  }

  /** Ends the subscription, as {@link Subscription.close} does. */
  declare readonly [Symbol.dispose]: () => void;

  static {
    brand(this, HAS_ITEMS); // it is a source of `map` and of streams, which read it in their own scope
  }

  /** @internal It was added to the broadcast. */
  _begin(): void {
    this.#end.begin();
  }

  /** @internal Whether it accepts an item at once. */
  _hasRoom(): boolean {
    return this.#buffer.overflow !== "wait" || this.#exchange.hasRoom;
  }

  /** @internal */
  _push(item: T): void {
    if (this.#isOpen) this.#exchange.push(item);
  }

  /** @internal The broadcast is closed. What is in the buffer can still be received. */
  _close(error: unknown): void {
    this.#exchange.close(error);
  }

  #lagged(): LaggedError | undefined {
    const missed = this.#missed;
    if (missed === 0) return undefined;
    this.#missed = 0;
    return new LaggedError(
      `${missed} ${missed === 1 ? "item" : "items"} of the ${this.#exchange.title} were missed.`,
      missed,
    );
  }
}

addMethod<Subscription<unknown>>(Subscription, dispose, function () {
  this.close();
});
