import { drainedError } from "./errors.js";
import { type Entry, isOver, Turn, type TurnQueue, type WaitScope } from "@selvage/scope/internal";

/** Something that waits for an item in a channel's queue of receivers. */
export interface Taker<T> extends Entry {
  /** Enters the queue. */
  stand(queue: TurnQueue<never>): unknown;
  /** Whether it is a case of a `select`. Two of them never match each other (Q10). */
  readonly isCase: boolean;
  /** Called when an item was taken for it. It has left the queue. No foreign code runs. */
  take(item: T): void;
  /** Called after `take`, when both sides are settled. It may run foreign code. */
  finish(): void;
  /** Called when there will be no item: with the channel's error, or `undefined` if the channel was closed without one. It has left the queue. */
  end(error: unknown): void;
}

/** Something that waits in a channel's queue of senders. */
export interface Giver<T> extends Entry {
  readonly isCase: boolean;
  readonly item: T;
  /** Called when its item was accepted. It has left the queue. No foreign code runs. */
  accepted(): void;
  /** Called after `accepted`, when both sides are settled. It may run foreign code. */
  finish(): void;
  /** Called when its item will not be accepted. It has left the queue. */
  end(error: Error): void;
}

/** What a wait needs of its channel. */
export interface Waited {
  /** What it is called in messages. */
  readonly title: string;
  /** Hands over what can be handed over. */
  serve(): void;
}

/** A wait for an item, which resolves with `R`. */
export abstract class TakerTurn<T, R> extends Turn<R> implements Taker<T> {
  declare protected readonly channel: Waited;

  constructor(channel: Waited, scope: WaitScope) {
    super(scope);
    this.channel = channel;
  }

  get isCase(): boolean {
    return false;
  }

  override get waiting(): string {
    return this.channel.title;
  }

  abstract take(item: T): void;
  abstract end(error: unknown): void;

  override left(): void {
    this.channel.serve();
  }
}

/** A pending `receive`. */
export class ReceiveTurn<T> extends TakerTurn<T, T> {
  take(item: T): void {
    this.settle(item);
  }

  end(error: unknown): void {
    this.refuse(error === undefined ? drainedError(this.channel.title) : error);
  }
}

/** A pending `send`. */
export class SendTurn<T> extends Turn<void> implements Giver<T> {
  declare readonly item: T;
  declare readonly channel: Waited;
  readonly #cut: (() => void) | undefined;

  /** @param cut - Called first when the scope ends the wait. */
  constructor(channel: Waited, scope: WaitScope, item: T, cut?: () => void) {
    super(scope);
    this.channel = channel;
    this.item = item;
    this.#cut = cut;
  }

  get isCase(): boolean {
    return false;
  }

  override get waiting(): string {
    return this.channel.title;
  }

  accepted(): void {
    this.settle();
  }

  end(error: Error): void {
    this.refuse(error);
  }

  override leave(): void {
    this.#cut?.();
    super.leave();
  }

  override left(): void {
    this.channel.serve();
  }
}

/** The first entry that is no case of a `select`, and whose time is not up. */
export function plainOf<E extends Entry & { readonly isCase: boolean }>(queue: TurnQueue<E>): E | undefined {
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
