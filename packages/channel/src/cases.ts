import type { TurnQueue } from "@selvage/scope/internal";
import { drainedError, fullError } from "./errors.js";
import type { Exchange } from "./exchange.js";
import { type Case, CaseEntry, type Committed, type Selecting, type Waiting } from "./select.js";
import type { Giver, Taker } from "./waiting.js";

/** The case of {@link Channel.onReceive}. */
export class ReceivingCase<T, R> implements Case<R> {
  readonly channel: Exchange<T>;
  readonly fn: (item: T) => R | PromiseLike<R>;

  constructor(channel: Exchange<T>, fn: (item: T) => R | PromiseLike<R>) {
    this.channel = channel;
    this.fn = fn;
  }

  _try(): Committed<R> | undefined {
    const taken = this.channel.take(true);
    if (taken !== undefined) return () => this.fn.call(undefined, taken.value);
    const end = this.channel.end;
    if (end === undefined) return undefined;
    return thrower(end.error === undefined ? drainedError(this.channel.title) : end.error);
  }

  _wait(selecting: Selecting): Waiting {
    const entry = new ReceivingEntry(selecting, this);
    const { channel } = this;
    channel.await(entry, () => {
      (channel.takers as unknown as TurnQueue<ReceivingEntry<T, R>>).add(entry);
    });
    return entry;
  }
}

/** The case of {@link Channel.onSend}. */
export class SendingCase<T, R> implements Case<R> {
  readonly channel: Exchange<T>;
  readonly item: T;
  readonly fn: () => R | PromiseLike<R>;

  constructor(channel: Exchange<T>, item: T, fn: () => R | PromiseLike<R>) {
    this.channel = channel;
    this.item = item;
    this.fn = fn;
  }

  _try(): Committed<R> | undefined {
    const { channel } = this;
    const refusal = channel.refusal();
    if (refusal !== undefined) return thrower(refusal);
    if (channel.offer(this.item, true)) return () => this.fn.call(undefined);
    return channel.options.overflow === "error"
      ? thrower(fullError(channel.title, channel.options.capacity))
      : undefined;
  }

  _wait(selecting: Selecting): Waiting {
    const entry = new SendingEntry(selecting, this);
    const { channel } = this;
    const error = channel.refusal();
    if (error === undefined) {
      (channel.givers as unknown as TurnQueue<SendingEntry<T, R>>).add(entry);
      channel.serve();
    } else {
      entry.end(error);
    }
    return entry;
  }
}

class ReceivingEntry<T, R> extends CaseEntry implements Taker<T> {
  readonly #case: ReceivingCase<T, R>;

  constructor(selecting: Selecting, own: ReceivingCase<T, R>) {
    super(selecting);
    this.#case = own;
  }

  take(item: T): void {
    this.selecting._settle(() => this.#case.fn.call(undefined, item));
  }

  override end(error: unknown): void {
    super.end(error === undefined ? drainedError(this.#case.channel.title) : error);
  }
}

class SendingEntry<T, R> extends CaseEntry implements Giver<T> {
  readonly #case: SendingCase<T, R>;

  constructor(selecting: Selecting, own: SendingCase<T, R>) {
    super(selecting);
    this.#case = own;
  }

  get item(): T {
    return this.#case.item;
  }

  accepted(): void {
    this.selecting._settle(() => this.#case.fn.call(undefined));
  }
}

function thrower(error: unknown): () => never {
  return () => {
    throw error as Error;
  };
}
