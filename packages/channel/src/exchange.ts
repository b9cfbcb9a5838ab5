import type { ClosedError } from "@selvage/scope";
import { checkedRefusal, Fifo, TurnQueue, type WaitScope } from "@selvage/scope/internal";
import { abandonedError, closedError, type End, fullError } from "./errors.js";
import { type CheckedBuffer, drop } from "./options.js";
import { type Giver, plainOf, ReceiveTurn, SendTurn, type Taker, type Waited } from "./waiting.js";

/**
 * What channels and subscriptions are made of: a buffer, and the queues of those who wait to receive and to send.
 *
 * ```
 * state      entered when              sends      receives
 * open       made                      accepted   get items, or wait
 * closed     `close`                   refused    get what is left
 * abandoned  `abandon`                 refused    refused
 * ended      closed, and empty         refused    refused
 * ```
 */
export class Exchange<T> implements Waited {
  /** What it is called in messages. */
  readonly title: string;
  readonly options: CheckedBuffer<T>;
  readonly takers: TurnQueue<Taker<T>> = new TurnQueue<Taker<T>>();
  readonly givers: TurnQueue<Giver<T>> = new TurnQueue<Giver<T>>();
  readonly #buffer = new Fifo<T>();
  /** Called when there may be room. */
  readonly #served: (() => void) | undefined;
  /** Set by `close`, or by `abandon`; `undefined` while it is open. */
  #closed: End | undefined = undefined;
  /** Set by `abandon`. */
  #abandoned: End | undefined = undefined;
  /** Whether `serve` is running. Then another call does nothing, because that one serves the rest. */
  #isServing = false;

  constructor(title: string, options: CheckedBuffer<T>, served?: () => void) {
    this.title = title;
    this.options = options;
    this.#served = served;
  }

  /** How many items are in the buffer. */
  get size(): number {
    return this.#buffer.size;
  }

  /** @param cut - Called when the scope ends the wait, before those who receive notice. */
  send(scope: WaitScope, item: T, cut?: () => void): Promise<void> {
    const refusal = checkedRefusal(scope);
    if (refusal !== undefined) return refusal;
    if (this.offer(item)) return Promise.resolve();
    const error = this.refusal();
    if (error !== undefined) return Promise.reject(error);
    if (this.options.overflow === "error") return Promise.reject(fullError(this.title, this.options.capacity));
    const turn = new SendTurn(this, scope, item, cut);
    const late = this.refusal();
    if (late === undefined) void turn.stand(this.givers as unknown as TurnQueue<SendTurn<T>>);
    else turn.refuse(late); // an observer has closed the channel
    this.serve(); // an observer may have received
    return turn.promise;
  }

  trySend(item: T): boolean {
    const isAccepted = this.offer(item);
    if (!isAccepted && this.#closed !== undefined) throw this.refusal()!;
    return isAccepted;
  }

  receive(scope: WaitScope): Promise<T> {
    const refusal = checkedRefusal(scope);
    if (refusal !== undefined) return refusal;
    const taken = this.take();
    if (taken !== undefined) return Promise.resolve(taken.value);
    const turn = new ReceiveTurn<T>(this, scope);
    this.await(turn);
    return turn.promise;
  }

  close(error: unknown): void {
    if (this.#closed !== undefined) return;
    this.#closed = { error };
    this.serve();
  }

  /** Closes it with an error, also if it was closed without one: what is cut off never looks complete. */
  cut(error: Error): void {
    if (this.#closed === undefined) this.close(error);
    else if (this.#abandoned === undefined && this.#closed.error === undefined) this.#closed = { error };
  }

  abandon(error: unknown): void {
    if (this.#abandoned !== undefined) return;
    this.#abandoned = { error };
    this.#closed ??= { error: undefined };
    for (const giver of this.givers) {
      if (giver.queue === undefined) continue; // the end of an earlier one has run foreign code
      this.givers.remove(giver);
      giver.end(this.refusal()!);
    }
    while (this.#buffer.size > 0) drop(this.options, this.#buffer.shift());
    this.serve();
  }

  /** The error of a send; `undefined` while the channel is open. */
  refusal(): ClosedError | undefined {
    if (this.#abandoned !== undefined) return abandonedError(this.title, this.#abandoned);
    return this.#closed && closedError(this.title, this.#closed);
  }

  /** How the channel has ended; `undefined` while it is open, or has items. */
  get end(): End | undefined {
    if (this.#closed === undefined || this.#buffer.size > 0 || this.givers.length > 0) return undefined;
    return this.#closed;
  }

  /** Waits for an item, unless there can be none. */
  await(taker: Taker<T>): void {
    const { end } = this;
    if (end === undefined) void taker.stand(this.takers as unknown as TurnQueue<never>);
    else taker.end(end.error);
    this.serve(); // an observer may have sent, or closed the channel, before it stood in the queue
  }

  /** Hands over what can be handed over, and ends the waits of a channel that has ended. */
  serve(): void {
    if (!this.#isServing && this.#mayServe) {
      this.#isServing = true;
      try {
        while (this.#handOver());
        for (let { end } = this; end !== undefined; { end } = this) {
          const [taker] = this.takers;
          if (taker === undefined) break;
          this.takers.remove(taker);
          taker.end(end.error);
        }
      } finally {
        this.#isServing = false;
      }
    }
    this.#served?.();
  }

  /** Whether there may be something to hand over, or to end. */
  get #mayServe(): boolean {
    if (this.#closed !== undefined) return true;
    const { length } = this.givers;
    if (this.takers.length > 0) return length > 0 || this.#buffer.size > 0;
    return length > 0 && this.#buffer.size < this.options.capacity;
  }

  /** Hands over one item: from the buffer, into the buffer, or from a sender to a receiver. Returns false if there is nothing to hand over. */
  #handOver(): boolean {
    const taker = this.takers.length === 0 ? undefined : this.takers.first;
    if (taker !== undefined && this.#buffer.size > 0) {
      this.takers.remove(taker);
      taker.take(this.#buffer.shift());
      taker.finish();
      return true;
    }
    if (this.givers.length === 0) return false;
    const giver = this.givers.first;
    if (giver === undefined) return false;
    if (this.#buffer.size < this.options.capacity) {
      this.givers.remove(giver);
      this.#buffer.push(giver.item);
      giver.accepted();
      giver.finish();
      return true;
    }
    if (taker === undefined || this.#buffer.size > 0) return false;
    return this.#match(taker, giver);
  }

  /** Hands an item from a sender to a receiver. Two cases of `select`s do not match (Q10), so the next one that is none is looked for. */
  #match(taker: Taker<T>, giver: Giver<T>): boolean {
    if (taker.isCase && giver.isCase) {
      const other = plainOf(this.givers);
      if (other !== undefined) return this.#match(taker, other);
      const next = plainOf(this.takers);
      return next !== undefined && this.#match(next, giver);
    }
    if (taker.queue === undefined || giver.queue === undefined) return true; // the clock is foreign code: look again
    this.takers.remove(taker);
    this.givers.remove(giver);
    giver.accepted(); // first, because an item with a `then` is asked for it when a promise resolves with it
    taker.take(giver.item);
    taker.finish();
    giver.finish();
    return true;
  }

  /** Sends an item if it is accepted at once. A channel that is closed accepts none. */
  offer(item: T, isCase: boolean = false): boolean {
    if (this.givers.length > 0) this.serve(); // the time of the first ones may be up
    if (this.#closed !== undefined) return false;
    // If receivers wait, too, then both are cases of `select`s, which do not match each other. Anything else matches either.
    if (this.givers.length > 0 && (isCase || this.takers.length === 0)) return false;
    const { capacity, overflow } = this.options;
    if (this.takers.length > 0) {
      const taker = isCase && capacity === 0 ? plainOf(this.takers) : this.takers.first;
      if (this.refusal() !== undefined) return false; // the clock is foreign code, which has closed the channel
      if (taker?.queue !== undefined && this.#buffer.size === 0) {
        this.takers.remove(taker);
        taker.take(item);
        taker.finish();
        return true;
      }
    }
    if (this.#buffer.size < capacity) {
      this.#buffer.push(item);
      return true;
    }
    if (overflow !== "drop-oldest" && overflow !== "drop-newest") return false;
    const isNewest = overflow === "drop-newest" || capacity === 0; // without a buffer, a subscription that lags misses it
    const dropped = isNewest ? item : this.#buffer.shift();
    if (!isNewest) this.#buffer.push(item);
    drop(this.options, dropped);
    return true;
  }

  /** Takes the next item, if there is one. */
  take(isCase: boolean = false): { value: T } | undefined {
    if (this.takers.length > 0) this.serve(); // the time of the first ones may be up
    if (this.takers.length > 0 && (isCase || this.givers.length === 0)) return undefined; // as in `offer`
    if (this.#buffer.size > 0) {
      const value = this.#buffer.shift();
      this.serve(); // there is room for a sender
      return { value };
    }
    if (this.givers.length === 0) return undefined;
    const giver = isCase ? plainOf(this.givers) : this.givers.first;
    if (giver?.queue === undefined) return undefined;
    this.givers.remove(giver);
    const { item } = giver;
    giver.accepted();
    giver.finish();
    return { value: item };
  }

  /** Whether it accepts an item at once: there is room in the buffer, or a receiver. */
  get hasRoom(): boolean {
    const { size } = this.#buffer;
    return size < this.options.capacity || (size === 0 && this.takers.length > 0 && this.takers.first !== undefined);
  }

  /** Accepts an item in any case. */
  push(item: T): void {
    if (this.offer(item) || this.#abandoned !== undefined) return;
    this.#buffer.push(item); // the receiver for which there was room has left meanwhile
    this.serve();
  }
}
