/// <reference lib="esnext.disposable" preserve="true" />
import { type CancelScope, ClosedError } from "@selvage/scope";
import {
  checkFunction,
  checkWaitScope,
  type Entry,
  isOver,
  quoteName,
  refusalOf,
  reportUncaught,
  TurnQueue,
  type WaitScope, LaggedError, Fifo, ITEMS } from "@selvage/scope/internal";

import { ReceivingCase, SendingCase } from "./cases.js";
import { Items } from "./items.js";
import { type ChannelOptions, checkBuffer, type CheckedBuffer, checkTitle } from "./options.js";
import { Handles } from "./handles.js";
import type { Case } from "./select.js";
import type { Sender } from "./sender.js";
import { type Giver, ReceiveTurn, SendTurn, type Taker, type Waited } from "./waiting.js";

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
export class Channel<T> implements Waited {
  /** The name; `undefined` if none was given. */
  readonly name: string | undefined;
  readonly #options: CheckedBuffer<T>;
  readonly #buffer = new Fifo<T>();
  readonly #takers = new TurnQueue<Taker<T>>();
  readonly #givers = new TurnQueue<Giver<T>>();
  /** Set by `close`, or by `abandon`; `undefined` while it is open. */
  #closed: { readonly error: unknown } | undefined = undefined;
  /** Set by `abandon`. */
  #abandoned: { readonly error: unknown } | undefined = undefined;
  /** Whether `_serve` is running. Then another call does nothing, because that one serves the rest. */
  #isServing = false;
  /** The handles of producers; `undefined` until there is one. */
  #handles: Handles<T> | undefined = undefined;

  constructor(options: ChannelOptions<T> = {}) {
    this.#options = checkBuffer(options);
    const { name } = options;
    checkTitle(name);
    this.name = name;
  }

  /** How many items are in the buffer. */
  get size(): number {
    return this.#buffer.size;
  }

  /** How many calls wait: positive if they wait for items, negative if they wait for room. */
  get waiting(): number {
    return this.#takers.length - this.#givers.length;
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
    checkWaitScope(scope);
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    const error = this._refusal();
    if (error !== undefined) return Promise.reject(error);
    if (this.#offer(item)) return Promise.resolve();
    if (this.#options.overflow === "error") return Promise.reject(this.#lagged());
    const turn = new SendTurn(this, scope, item);
    void turn.stand(this.#givers as unknown as TurnQueue<SendTurn<T>>);
    this._serve(); // an observer may have received, or closed the channel, before it stood in the queue
    return turn.promise;
  }

  /**
   * Sends an item if the channel accepts it at once. Returns whether it did.
   *
   * @throws {ClosedError} If the channel is closed, or its receivers have left.
   */
  trySend(item: T): boolean {
    const error = this._refusal();
    if (error !== undefined) throw error;
    return this.#offer(item);
  }

  /**
   * Receives the next item. Waits until there is one.
   *
   * **Cancellation**: rejects with the scope's `CancelledError`, and takes nothing.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError} Synchronously, if `scope` is neither a scope nor a signal.
   * @throws {ClosedError} If the channel is closed and has no more items, or the scope is closed.
   * @throws The error that `close` was called with, when there are no more items.
   */
  receive(scope: WaitScope): Promise<T> {
    checkWaitScope(scope);
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    const taken = this.#take();
    if (taken !== undefined) return Promise.resolve(taken.value);
    const turn = new ReceiveTurn<T>(this, scope, () => this._drained());
    this._await(turn, () => turn.stand(this.#takers as unknown as TurnQueue<ReceiveTurn<T>>));
    return turn.promise;
  }

  /** Receives the next item if there is one; otherwise returns `undefined`, also if the channel is closed. */
  tryReceive(): { value: T } | undefined {
    return this.#take();
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
    return new Items(this, scope);
  }

  /**
   * A case of `select` that receives an item, and calls `fn` with it.
   *
   * @throws {TypeError} If `fn` is not a function.
   */
  onReceive<R>(fn: (item: T) => R | PromiseLike<R>): Case<R> {
    checkFunction(fn, "The function of a case");
    return new ReceivingCase(this, fn);
  }

  /**
   * A case of `select` that sends an item, and then calls `fn`.
   *
   * @throws {TypeError} If `fn` is not a function.
   */
  onSend<R>(item: T, fn: () => R | PromiseLike<R>): Case<R> {
    checkFunction(fn, "The function of a case");
    return new SendingCase(this, item, fn);
  }

  /**
   * Ends the channel. Later sends reject. The items in the buffer, and those of senders that wait already, can still be received; then `items` ends, and
   * `receive` rejects. The first call wins. It may be called from anywhere.
   *
   * @param error - What `receive` and `items` throw in the end, in place of a `ClosedError` and the end of the loop.
   */
  close(error?: unknown): void {
    if (this.#closed !== undefined) return;
    this.#closed = { error };
    this._serve();
  }

  /**
   * For the receivers' side: says that nobody will receive any more. Waiting and later sends reject with a `ClosedError`, whose cause is `error`. The items in
   * the buffer go to `undelivered`, in order. The first call wins.
   */
  abandon(error?: unknown): void {
    if (this.#abandoned !== undefined) return;
    this.#abandoned = { error };
    this.#closed ??= { error: undefined };
    for (const giver of this.#givers) {
      if (giver.queue === undefined) continue; // the end of an earlier one has run foreign code
      this.#givers.remove(giver);
      giver.end(this._refusal()!);
    }
    while (this.#buffer.size > 0) this.#drop(this.#buffer.shift());
    this._serve();
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
    return (this.#handles ??= new Handles(this)).open(scope);
  }

  /** @internal It is a source of `map` and of streams. */
  [ITEMS](scope: CancelScope): AsyncIterator<T, undefined> {
    return this.items(scope);
  }

  /** @internal What it is called in messages. */
  get _title(): string {
    return this.name === undefined ? "channel" : `channel ${quoteName(this.name)}`;
  }

  /** @internal The error of a send; `undefined` while the channel is open. */
  _refusal(): ClosedError | undefined {
    if (this.#abandoned !== undefined) {
      const { error } = this.#abandoned;
      return new ClosedError(`The receivers of the ${this._title} have left: nothing can be sent.`, causeOf(error));
    }
    if (this.#closed === undefined) return undefined;
    return new ClosedError(`The ${this._title} is closed: nothing can be sent.`, causeOf(this.#closed.error));
  }

  /** @internal The error of a receive, if the channel was closed without one. */
  _drained(): ClosedError {
    return new ClosedError(`The ${this._title} is closed, and has no more items.`);
  }

  /** @internal How the channel has ended; `undefined` while it is open, or has items. */
  get _end(): { readonly error: unknown } | undefined {
    if (this.#closed === undefined || this.#buffer.size > 0 || this.#givers.length > 0) return undefined;
    return this.#closed;
  }

  /** @internal Waits for an item, unless there can be none. */
  _await(taker: Taker<T>, stand: () => void): void {
    const end = this._end;
    if (end !== undefined) {
      taker.end(end.error);
      return;
    }
    stand();
    this._serve(); // an observer may have sent, or closed the channel, before it stood in the queue
  }

  /** @internal The queues, for waits that are made elsewhere. */
  get _takers(): TurnQueue<Taker<T>> {
    return this.#takers;
  }

  /** @internal */
  get _givers(): TurnQueue<Giver<T>> {
    return this.#givers;
  }

  /** @internal Hands over what can be handed over, and ends the waits of a channel that has ended. */
  _serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      while (this.#handOver());
      while (this._end !== undefined) {
        const [taker] = this.#takers;
        if (taker === undefined) break;
        this.#takers.remove(taker);
        taker.end(this._end.error);
      }
    } finally {
      this.#isServing = false;
    }
  }

  /** Hands over one item: from the buffer, into the buffer, or from a sender to a receiver. Returns false if there is nothing to hand over. */
  #handOver(): boolean {
    const taker = this.#takers.length === 0 ? undefined : this.#takers.first;
    if (taker !== undefined && this.#buffer.size > 0) {
      this.#takers.remove(taker);
      taker.take(this.#buffer.shift());
      return true;
    }
    if (this.#givers.length === 0) return false;
    const hasRoom = this.#buffer.size < this.#options.capacity;
    const giver = this.#givers.first;
    if (giver === undefined) return false;
    if (hasRoom) {
      this.#givers.remove(giver);
      this.#buffer.push(giver.item);
      giver.accepted();
      return true;
    }
    if (taker === undefined || this.#buffer.size > 0) return false;
    return this.#match(taker, giver);
  }

  /** Hands an item from a sender to a receiver. Two cases of `select`s do not match (Q10), so the next one that is none is looked for. */
  #match(taker: Taker<T>, giver: Giver<T>): boolean {
    if (taker.isCase && giver.isCase) {
      const other = plainOf(this.#givers);
      if (other !== undefined) return this.#match(taker, other);
      const next = plainOf(this.#takers);
      return next !== undefined && this.#match(next, giver);
    }
    if (taker.queue === undefined || giver.queue === undefined) return true; // the clock is foreign code: look again
    this.#takers.remove(taker);
    this.#givers.remove(giver);
    taker.take(giver.item); // first, because what follows may run foreign code
    giver.accepted();
    return true;
  }

  /** Sends an item if it is accepted at once. The channel is open. */
  #offer(item: T, isCase: boolean = false): boolean {
    if (this.#givers.length > 0) this._serve(); // the time of the first ones may be up
    // If receivers wait, too, then both are cases of `select`s, which do not match each other. Anything else matches either.
    if (this.#givers.length > 0 && (isCase || this.#takers.length === 0)) return false;
    const { capacity, overflow } = this.#options;
    if (this.#takers.length > 0) {
      const taker = isCase && capacity === 0 ? plainOf(this.#takers) : this.#takers.first;
      if (this._refusal() !== undefined) return false; // the clock is foreign code, which has closed the channel
      if (taker?.queue !== undefined && this.#buffer.size === 0) {
        this.#takers.remove(taker);
        taker.take(item);
        return true;
      }
    }
    if (this.#buffer.size < capacity) {
      this.#buffer.push(item);
      return true;
    }
    if (overflow === "drop-newest") {
      this.#drop(item);
      return true;
    }
    if (overflow !== "drop-oldest") return false;
    const oldest = this.#buffer.shift();
    this.#buffer.push(item);
    this.#drop(oldest);
    return true;
  }

  /** Takes the next item, if there is one. */
  #take(isCase: boolean = false): { value: T } | undefined {
    if (this.#takers.length > 0) this._serve(); // the time of the first ones may be up
    if (this.#takers.length > 0 && (isCase || this.#givers.length === 0)) return undefined; // as in #offer
    if (this.#buffer.size > 0) {
      const value = this.#buffer.shift();
      this._serve(); // there is room for a sender
      return { value };
    }
    if (this.#givers.length === 0) return undefined;
    const giver = isCase ? plainOf(this.#givers) : this.#givers.first;
    if (giver?.queue === undefined) return undefined;
    this.#givers.remove(giver);
    const { item } = giver;
    giver.accepted();
    return { value: item };
  }

  /** @internal Sends for a case of a `select`, which must not match a case of another one. Throws if that can never be. */
  _offerCase(item: T): boolean {
    const error = this._refusal();
    if (error !== undefined) throw error;
    if (this.#offer(item, true)) return true;
    if (this.#options.overflow === "error") throw this.#lagged();
    return false;
  }

  /** @internal Takes an item for a case of a `select`, which must not match a case of another one. */
  _takeCase(): { value: T } | undefined {
    return this.#take(true);
  }

  /** @internal Whether it accepts an item at once: there is room in the buffer, or a receiver. */
  get _hasRoom(): boolean {
    return (
      this.#buffer.size < this.#options.capacity ||
      (this.#buffer.size === 0 && this.#takers.length > 0 && this.#takers.first !== undefined)
    );
  }

  /** @internal Accepts an item in any case. */
  _push(item: T): void {
    if (this.#offer(item)) return;
    this.#buffer.push(item); // the receiver for which there was room has left meanwhile
    this._serve();
  }

  #drop(item: T): void {
    const { undelivered } = this.#options;
    try {
      undelivered?.call(undefined, item);
    } catch (error) {
      reportUncaught(error);
    }
  }

  #lagged(): LaggedError {
    return new LaggedError(`The ${this._title} is full: it has ${this.#options.capacity} items.`, 1);
  }
}

/** The first entry that is no case of a `select`, and whose time is not up. */
function plainOf<E extends Entry & { readonly isCase: boolean }>(queue: TurnQueue<E>): E | undefined {
  for (const entry of queue) {
    try {
      if (!entry.isCase && entry.queue !== undefined && entry.scope !== undefined && !isOver(entry.scope)) return entry;
    } catch (error) {
      queue.remove(entry);
      entry.refuse(error as Error); // a clock that throws fails only this wait (C1)
    }
  }
  return undefined;
}

function causeOf(error: unknown): ErrorOptions | undefined {
  return error === undefined ? undefined : { cause: error };
}
