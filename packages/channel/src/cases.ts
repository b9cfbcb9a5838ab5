import type { TurnQueue } from "@selvage/scope/internal";
import type { Channel } from "./channel.js";
import { type Case, CaseEntry, type Committed, type Selecting, type Waiting } from "./select.js";
import type { Giver, Taker } from "./waiting.js";

/** The case of {@link Channel.onReceive}. */
export class ReceivingCase<T, R> implements Case<R> {
  readonly channel: Channel<T>;
  readonly fn: (item: T) => R | PromiseLike<R>;

  constructor(channel: Channel<T>, fn: (item: T) => R | PromiseLike<R>) {
    this.channel = channel;
    this.fn = fn;
  }

  _try(): Committed<R> | undefined {
    const taken = this.channel._takeCase();
    if (taken !== undefined) return () => this.fn.call(undefined, taken.value);
    const end = this.channel._end;
    return end === undefined ? undefined : thrower(end.error ?? this.channel._drained());
  }

  _wait(selecting: Selecting<R>): Waiting {
    const entry = new ReceivingEntry(selecting, this);
    const { channel } = this;
    channel._await(entry, () => {
      (channel._takers as unknown as TurnQueue<ReceivingEntry<T, R>>).add(entry);
    });
    return entry;
  }
}

/** The case of {@link Channel.onSend}. */
export class SendingCase<T, R> implements Case<R> {
  readonly channel: Channel<T>;
  readonly item: T;
  readonly fn: () => R | PromiseLike<R>;

  constructor(channel: Channel<T>, item: T, fn: () => R | PromiseLike<R>) {
    this.channel = channel;
    this.item = item;
    this.fn = fn;
  }

  _try(): Committed<R> | undefined {
    try {
      return this.channel._offerCase(this.item) ? () => this.fn.call(undefined) : undefined;
    } catch (error) {
      return thrower(error);
    }
  }

  _wait(selecting: Selecting<R>): Waiting {
    const entry = new SendingEntry(selecting, this);
    const { channel } = this;
    const error = channel._refusal();
    if (error === undefined) {
      (channel._givers as unknown as TurnQueue<SendingEntry<T, R>>).add(entry);
      channel._serve();
    } else {
      entry.end(error);
    }
    return entry;
  }
}

class ReceivingEntry<T, R> extends CaseEntry<R> implements Taker<T> {
  readonly #case: ReceivingCase<T, R>;

  constructor(selecting: Selecting<R>, own: ReceivingCase<T, R>) {
    super(selecting);
    this.#case = own;
  }

  take(item: T): void {
    this.selecting._commit(() => this.#case.fn.call(undefined, item));
  }

  override end(error: unknown): void {
    super.end(error ?? this.#case.channel._drained());
  }
}

class SendingEntry<T, R> extends CaseEntry<R> implements Giver<T> {
  readonly #case: SendingCase<T, R>;

  constructor(selecting: Selecting<R>, own: SendingCase<T, R>) {
    super(selecting);
    this.#case = own;
  }

  get item(): T {
    return this.#case.item;
  }

  accepted(): void {
    this.selecting._commit(() => this.#case.fn.call(undefined));
  }
}

function thrower(error: unknown): () => never {
  return () => {
    throw error as Error;
  };
}
