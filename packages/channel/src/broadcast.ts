/// <reference lib="esnext.disposable" preserve="true" />
import { ClosedError } from "@selvage/scope";
import {
  checkName,
  checkOptions,
  checkWaitScope,
  quoteName,
  refusalOf,
  TurnQueue,
  type WaitScope,
  throwIfOver,
} from "@selvage/scope/internal";
import { type BufferOptions, checkBuffer } from "./options.js";
import { Subscription } from "./subscription.js";
import { type Giver, SendTurn, type Waited } from "./waiting.js";

/** Options of a {@link Broadcast}. */
export interface BroadcastOptions {
  /** The name that messages and `describeTree` use. */
  readonly name?: string | undefined;
}

/**
 * Sends each item to all subscribers. Each subscription has its own buffer and its own `overflow`, and gets what is sent after it began.
 *
 * A `send` is accepted by all subscriptions at once: it waits while the buffer of one whose `overflow` is `"wait"` is full. Without subscriptions an item is
 * dropped.
 *
 * **Cancellation**: a `send` rejects with the `CancelledError` of its scope, and no subscriber gets the item. A subscription ends with its scope.
 *
 * Compare Tokio's `broadcast`.
 *
 * @throws {TypeError} If an option is wrong.
 * @example
 * ```ts
 * import { CancelScope } from "@selvage/scope";
 * import { Broadcast } from "@selvage/channel";
 *
 * using scope = new CancelScope();
 * const prices = new Broadcast<number>({ name: "prices" });
 * const one = prices.subscribe(scope, { capacity: 8 });
 * const other = prices.subscribe(scope, { capacity: 1, overflow: "drop-oldest" });
 * for (const price of [10, 11, 12]) await prices.send(scope, price);
 * console.assert((await one.receive(scope)) === 10 && (await other.receive(scope)) === 12);
 * ```
 */
export class Broadcast<T> {
  /** The name; `undefined` if none was given. */
  readonly name: string | undefined;
  readonly #subscriptions = new Set<Subscription<T>>();
  /** The subscriptions that had no room when they were last asked, or were not asked since the last item. They are asked first. */
  readonly #full = new Set<Subscription<T>>();
  readonly #givers = new TurnQueue<Giver<T>>();
  #closed: { readonly error: unknown } | undefined = undefined;
  #isServing = false;
  /** What waiting senders see of it. */
  readonly #waited: Waited;

  constructor(options: BroadcastOptions = {}) {
    checkOptions(options);
    checkName(options.name, "name");
    this.name = options.name;
    this.#waited = {
      title: this._title,
      serve: () => {
        this._serve();
      },
    };
  }

  /** How many subscriptions there are. */
  get size(): number {
    return this.#subscriptions.size;
  }

  /**
   * Sends an item to all subscribers. Waits until all of them accept it.
   *
   * @param scope - The scope or signal of the caller.
   * @throws {TypeError} Synchronously, if `scope` is neither a scope nor a signal. @throws {ClosedError} If this broadcast, or the scope, is closed.
   * @throws {CancelledError} If the scope is cancelled.
   */
  send(scope: WaitScope, item: T): Promise<void> {
    checkWaitScope(scope);
    const refusal = refusalOf(scope);
    if (refusal !== undefined) return refusal;
    if (this.#closed !== undefined) return Promise.reject(this.#refusal());
    const turn = new SendTurn(this.#waited, scope, item);
    if ((this.#closed as unknown) !== undefined) {
      turn.refuse(this.#refusal()); // an observer has closed it
      return turn.promise;
    }
    void turn.stand(this.#givers as unknown as TurnQueue<SendTurn<T>>);
    this._serve();
    return turn.promise;
  }

  /** Ends it. Later sends reject. What was sent can still be received; then subscriptions end, with `error` if there is one. The first call wins. */
  close(error?: unknown): void {
    if (this.#closed !== undefined) return;
    this.#closed = { error };
    this._serve();
  }

  /**
   * Begins a subscription, which ends with the scope.
   *
   * @param scope - The scope or signal of the subscriber.
   * @throws {TypeError | RangeError} If an argument is wrong. @throws {ClosedError} If this broadcast, or the scope, is closed.
   * @throws {CancelledError} If the scope is cancelled.
   */
  subscribe(scope: WaitScope, options: BufferOptions<T> = {}): Subscription<T> {
    checkWaitScope(scope);
    const buffer = checkBuffer(options);
    throwIfOver(scope);
    if (this.#closed !== undefined) throw this.#refusal();
    const subscription = new Subscription<T>(this, scope, buffer);
    this.#subscriptions.add(subscription);
    subscription._begin();
    this._serve(); // an observer may have closed it
    return subscription;
  }

  /** @internal What it is called in messages. */
  get _title(): string {
    return this.name === undefined ? "broadcast" : `broadcast ${quoteName(this.name)}`;
  }

  /** @internal A subscription has ended. */
  _left(subscription: Subscription<T>): void {
    this.#subscriptions.delete(subscription);
    this.#full.delete(subscription);
    this._serve();
  }

  /** @internal Hands items to all subscriptions while all accept one. */
  _serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      while (this.#givers.length > 0 && this.#hasRoom()) {
        const giver = this.#givers.first;
        if (giver === undefined) break;
        this.#givers.remove(giver);
        giver.accepted();
        for (const each of [...this.#subscriptions]) {
          if (!this.#subscriptions.has(each)) continue; // foreign code has ended it while an earlier one got the item
          this.#full.add(each);
          each._push(giver.item);
        }
        giver.finish();
      }
      if (this.#closed === undefined || this.#givers.length > 0) return;
      for (const each of [...this.#subscriptions]) each._close(this.#closed.error);
      this.#subscriptions.clear();
      this.#full.clear();
    } finally {
      this.#isServing = false;
    }
  }

  #hasRoom(): boolean {
    // So that many subscriptions that make room one after the other are not all asked each time.
    for (const each of this.#full) {
      if (!each._hasRoom()) return false;
      this.#full.delete(each);
    }
    for (const each of this.#subscriptions) {
      if (each._hasRoom()) continue;
      this.#full.add(each); // its receiver has left, or it is new
      return false;
    }
    return true;
  }

  #refusal(): ClosedError {
    const { error } = this.#closed!;
    return new ClosedError(`The ${this._title} is closed.`, error === undefined ? undefined : { cause: error });
  }
}
