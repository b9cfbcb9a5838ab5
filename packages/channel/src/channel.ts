/// <reference lib="esnext.disposable" preserve="true" />
import type { CancelScope } from "@selvage/scope";
import {
  brand,
  checkFunction,
  checkName,
  checkWaitScope,
  HAS_ITEMS,
  quoteName,
  type WaitScope,
} from "@selvage/scope/internal";

import type { Case } from "./case.js";
import { Exchange } from "./exchange.js";
import { Items } from "./items.js";
import { type ChannelOptions, checkBuffer } from "./options.js";
import { Handles } from "./handles.js";
import type { Sender } from "./sender.js";

/**
 * Passes items from tasks to tasks, in order. A sender waits until there is room, and a receiver until there is an item: this is back-pressure.
 *
 * With `capacity` 0 each item is handed from a sender to a receiver. Any number of tasks may send and receive; each item goes to one receiver.
 *
 * A `send` resolves if and only if the channel has accepted the item, and a `receive` if and only if it has an item. A call that rejects has done
 * nothing: no item is lost or doubled, whatever is cancelled when.
 *
 * An idle channel retains no item and no scope, and does not keep the process alive.
 *
 * **Cancellation**: a wait rejects with the `CancelledError` of its scope, and leaves the queue in constant time.
 *
 * Compare Trio's memory channels, Go's channels and Kotlin's `Channel`.
 *
 * @throws {TypeError | RangeError} If an option is wrong.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Channel } from "@selvage/channel";
 *
 * using scope = new CancelScope();
 * const jobs = new Channel<string>({ capacity: 2, name: "jobs" });
 * await jobs.send(scope, "one");
 * await jobs.send(scope, "two");
 * jobs.close();
 * const received: string[] = [];
 * for await (const job of jobs.items(scope)) received.push(job);
 * console.assert(received.join() === "one,two");
 * ```
 */
export class Channel<T> {
  /** The name; `undefined` if none was given. */
  readonly name: string | undefined;
  /** @internal The machine. */
  readonly _exchange: Exchange<T>;
  /** The handles of producers; `undefined` until there is one. */
  #handles: Handles<T> | undefined = undefined;

  constructor(options: ChannelOptions<T> = {}) {
    const buffer = checkBuffer(options);
    const { name } = options;
    checkName(name, "name");
    this.name = name;
    this._exchange = new Exchange(name === undefined ? "channel" : `channel ${quoteName(name)}`, buffer);
  }

  /** How many items are in the buffer. */
  get size(): number {
    return this._exchange.size;
  }

  /** How many calls wait: positive if they wait for items, negative if they wait for room. */
  get waiting(): number {
    return this._exchange.takers.length - this._exchange.givers.length;
  }

  /**
   * Sends an item. Waits until the channel accepts it: there is room in the buffer, or a receiver for it.
   *
   * **Cancellation**: rejects with the scope's `CancelledError`, and the item is not sent.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError} Synchronously, if `scope` is neither a scope nor a signal.
   * @throws {ClosedError} If the channel is closed, or its receivers have left, or the scope is closed.
   * @throws {LaggedError} If the buffer is full, and `overflow` is `"error"`.
   */
  send(scope: WaitScope, item: T): Promise<void> {
    return this._exchange.send(scope, item);
  }

  /**
   * Sends an item if the channel accepts it at once. Returns whether it did.
   *
   * @throws {ClosedError} If the channel is closed, or its receivers have left.
   */
  trySend(item: T): boolean {
    return this._exchange.trySend(item);
  }

  /**
   * Receives the next item. Waits until there is one. A promise cannot resolve with a promise: if the item is one, the call settles as it does, while
   * `items`, `tryReceive` and `onReceive` give the promise itself.
   *
   * **Cancellation**: rejects with the scope's `CancelledError`, and takes nothing.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError} Synchronously, if `scope` is neither a scope nor a signal.
   * @throws {ClosedError} If the channel is closed and has no more items, or the scope is closed.
   * @throws The error that `close` was called with, when there are no more items.
   */
  receive(scope: WaitScope): Promise<T> {
    return this._exchange.receive(scope);
  }

  /** Receives the next item if there is one; otherwise returns `undefined`, also if the channel is closed. */
  tryReceive(): { value: T } | undefined {
    return this._exchange.take();
  }

  /**
   * The items, for `for await`. The loop ends when the channel is closed and has no more items, and throws if it was closed with an error. Leaving the
   * loop takes nothing, and leaves the channel open. Several loops may share a channel: each item goes to one of them.
   *
   * **Cancellation**: a pending `next()` rejects with the scope's `CancelledError`.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError} If `scope` is neither a scope nor a signal.
   */
  items(scope: WaitScope): AsyncIterableIterator<T, undefined, undefined> {
    checkWaitScope(scope);
    const exchange = this._exchange;
    return new Items(exchange, scope, () => exchange.take());
  }

  /**
   * A case of `select` that receives an item, and calls `fn` with it.
   *
   * @throws {TypeError} If `fn` is not a function.
   */
  onReceive<R>(fn: (item: T) => R | PromiseLike<R>): Case<R> {
    checkFunction(fn, "The function of a case");
    return { fn, _what: { kind: "receive", exchange: this._exchange as unknown as Exchange<unknown> } };
  }

  /**
   * A case of `select` that sends an item, and then calls `fn`.
   *
   * @throws {TypeError} If `fn` is not a function.
   */
  onSend<R>(item: T, fn: () => R | PromiseLike<R>): Case<R> {
    checkFunction(fn, "The function of a case");
    return { fn, _what: { kind: "send", exchange: this._exchange as unknown as Exchange<unknown>, item } };
  }

  /**
   * Ends the channel. Later sends reject. The items in the buffer, and those of senders that wait already, can still be received; then `items` ends, and
   * `receive` rejects. The first call wins. It may be called from anywhere.
   *
   * @param error - What `receive` and `items` throw in the end, in place of a `ClosedError` and the end of the loop.
   */
  close(error?: unknown): void {
    this._exchange.close(error);
  }

  /**
   * For the receivers' side: says that nobody will receive any more. Waiting and later sends reject with a `ClosedError`, whose cause is `error`. The items in
   * the buffer go to `undelivered`, in order. The first call wins.
   */
  abandon(error?: unknown): void {
    this._exchange.abandon(error);
  }

  /**
   * Makes a handle for one producer. When the last handle has been closed with `close()`, the channel closes. A handle that is disposed of, or whose scope is
   * cancelled or ends, without `close()` closes the channel with an error that names the producer. So what was cut off never looks complete.
   *
   * @param scope - The scope of the producer, in which its sends wait.
   * @throws {TypeError} If `scope` is not a scope. @throws {ClosedError} If the channel, or the scope, is closed.
   * @throws {CancelledError} If the scope is cancelled.
   */
  sender(scope: CancelScope): Sender<T> {
    return (this.#handles ??= new Handles(this._exchange)).open(scope);
  }

  static {
    brand(this, HAS_ITEMS); // it is a source of `map` and of streams, which read it in their own scope
  }
}
